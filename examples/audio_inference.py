import os

from runware_client import Runware
from runware_client.tasks.audio_inference.audio_inference import (
    Inputs,
    Speech,
)

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [recording] = client.audio_inference.run(
        model="alibaba:qwen@3-tts-1.7b-base",
        speech=Speech(text="The harbour is open.", voice="clone", language="English"),
        inputs=Inputs(audio="https://example.com/keeper.mp3"),
        output_format="WAV",
    )
    print(recording.audio_url)
