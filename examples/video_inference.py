import os

from runware_client import Runware
from runware_client.tasks.video_inference.video_inference import Inputs

with Runware(base_url=os.environ["RUNWARE_BASE_URL"]) as client:
    [video] = client.video_inference.run(
        model="bytedance:seedance@2.5",
        positive_prompt="Waves roll in, and the lamp begins to turn.",
        duration=5,
        inputs=Inputs(frame_images=["https://example.com/lighthouse.jpg"]),
    )  # waits until it is finished
    print(video.video_url)
