"""Tasks that the documents under `specs/` allow, and tasks that they refuse.

The tasks are listed without `taskType` and `taskUUID`.
"""

from __future__ import annotations

from typing import Any

IMAGE = "https://example.com/a.png"
VIDEO = "https://example.com/a.mp4"
AUDIO = "https://example.com/a.mp3"
BASE64 = "iVBORw0KGgo="
UUID = "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"


def _task(**members: Any) -> dict[str, Any]:
    """Make a task for a model."""
    return {"model": "a:b@1", **members}


def _upload(**members: Any) -> dict[str, Any]:
    """Make a task that uploads a LoRA."""
    required = {
        "category": "lora",
        "architecture": "sdxl",
        "format": "safetensors",
        "name": "n",
        "version": "1",
        "downloadURL": "https://example.com/x.safetensors",
    }
    return required | members


ALLOWED: dict[str, list[dict[str, Any]]] = {
    "imageInference": [
        _task(seedImage=BASE64, strength=0.6),
        _task(seedImage=IMAGE, maskImage="https://example.com/m.png", maskMargin=48),
        _task(referenceImages=[IMAGE], maskImage="https://example.com/m.png"),
        _task(inputs={"image": IMAGE}, strength=0.5),
        _task(
            inputs={
                "referenceImages": [
                    {"image": IMAGE, "type": "sketch", "strength": 0.7},
                    {"image": IMAGE, "tag": "hero"},
                    {"image": IMAGE, "role": "style"},
                    IMAGE,
                ]
            }
        ),
        _task(
            embeddings=[{"model": "acme:word@1", "weight": 0.5}],
            refiner={"model": "acme:refiner@1", "startStepPercentage": 80},
            photoMaker={"images": [IMAGE], "style": "Cinematic", "strength": 40},
            instantID={"inputImages": [IMAGE]},
        ),
        _task(scheduler="DPM++ 2M Karras", outputFormat="TIFF"),
        _task(safety={"checkContent": True, "mode": "fast"}),
        _task(
            settings={"thinking": True, "moderation": "low", "x": 1},
            providerSettings={"openai": {"quality": "high"}, "x": {"y": 1}},
        ),
    ],
    "textInference": [
        _task(
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "How is the weather in Oslo?"},
                {
                    "role": "assistant",
                    "tools": [{"id": "t1", "name": "weather", "input": {"in": "Oslo"}}],
                },
                {"role": "tool", "id": "t1", "content": "3 degrees"},
            ],
            tools=[
                {
                    "type": "function",
                    "name": "weather",
                    "description": "Tells the weather of a city.",
                    "schema": {"type": "object"},
                }
            ],
            toolChoice={"type": "auto"},
            seed=7,
        ),
        _task(
            messages=[{"role": "user", "content": "List three."}],
            outputFormat="JSON",
            jsonSchema={"type": "object"},
        ),
        _task(
            messages=[{"role": "user", "content": "List three."}],
            jsonSchema='{"type": "object"}',
            inputs={"images": [IMAGE]},
        ),
    ],
    "videoInference": [
        _task(),
        _task(
            positivePrompt="x",
            width=1920,
            height=1080,
            duration=5,
            fps=24,
            seed=0,
            CFGScale=0.5,
        ),
        _task(duration="auto"),
        _task(duration=5.5),
        _task(duration=5.0),
        _task(inputs={"frameImages": [UUID, {"image": IMAGE, "frame": "last"}]}),
        _task(
            inputs={
                "frameImages": [
                    {"image": IMAGE, "frame": -1},
                    {"image": IMAGE, "timestamp": 2.5},
                ]
            }
        ),
        _task(
            inputs={
                "video": VIDEO,
                "referenceVideos": [VIDEO],
                "referenceAudios": [VIDEO],
                "audio": VIDEO,
                "referenceImages": [BASE64],
                "other": 1,
            }
        ),
        _task(
            deliveryMethod="async",
            outputType="URL",
            outputFormat="MOV",
            numberResults=4,
            outputQuality=20,
        ),
        _task(safety={"checkContent": True, "mode": "full"}),
        _task(
            settings={"audio": True, "x": 1},
            providerSettings={"klingai": {"sound": True}},
            speech={"voices": ["ara"]},
        ),
        _task(
            inputs={
                "referenceImages": [
                    {"type": "image", "tag": "@hero", "images": [IMAGE], "audio": AUDIO}
                ],
                "referenceVideos": [{"tag": "@walk", "type": "video", "video": VIDEO}],
                "audio": [{"id": "a1", "source": AUDIO}],
                "elements": [{"id": "e1", "frontalImage": IMAGE}],
                "draftId": "d1",
            },
            resolution="1080p",
        ),
        _task(
            frameImages=[{"inputImage": IMAGE, "frame": "first"}, IMAGE],
            referenceImages=[IMAGE],
            lora=[{"model": "acme:walk@1", "weight": 0.7}],
        ),
    ],
    "audioInference": [
        _task(),
        _task(
            speech={
                "text": "Hello",
                "voice": "clone",
                "language": "English",
                "speed": 1.25,
            },
            inputs={"audio": VIDEO},
            settings={"xVectorOnly": True},
        ),
        _task(
            outputFormat="MP3",
            audioSettings={"sampleRate": 44100, "bitrate": 192, "channels": 2},
        ),
        _task(
            outputFormat="OGG",
            audioSettings={"sampleRate": 8000, "bitrate": 48, "channels": 2},
        ),
        _task(audioSettings={"sampleRate": 1}),
        _task(deliveryMethod="async", outputType="dataURI", outputFormat="FLAC"),
        _task(positivePrompt="rain", duration=15),
        _task(inputs={"video": VIDEO}, outputFormat="MP4"),
        _task(
            speech={
                "text": "A: Hello. B: Hello.",
                "voices": [{"speaker": "A", "voice": "ara"}, "eve"],
                "volume": 1,
                "pitch": -2,
                "emotion": "happy",
                "tone": ["warm"],
            },
            inputs={"referenceVoices": [{"audio": AUDIO, "text": "x"}]},
        ),
        _task(
            providerSettings={"elevenlabs": {"music": {}}},
            CFGScale=7,
            steps=20,
            strength=0.5,
        ),
    ],
    "3dInference": [
        _task(positivePrompt="a chair"),
        _task(
            inputs={"images": [UUID, IMAGE]},
            settings={"quad": True},
            outputFormat="FBX",
        ),
        _task(
            inputs={"image": IMAGE},
            settings={"remesh": True, "textureSize": 2048, "x": 1},
        ),
        _task(deliveryMethod="sync"),
    ],
    "upscale": [
        _task(
            inputs={"image": IMAGE},
            outputFormat="PNG",
            outputType="dataURI",
            deliveryMethod="sync",
        ),
        _task(
            inputs={"video": VIDEO},
            outputFormat="MP4",
            outputType="URL",
            deliveryMethod="async",
        ),
        _task(inputs={"video": VIDEO}),
        _task(inputs={"image": BASE64}, upscaleFactor=2),
        _task(inputImage=BASE64, outputFormat="WEBP"),
        _task(inputs={"video": VIDEO}, width=3840, height=2160, fps=29.97),
        _task(inputs={"video": VIDEO}, resolution="4k"),
    ],
    "removeBackground": [
        _task(
            inputs={"image": IMAGE},
            outputFormat="PNG",
            outputType="dataURI",
            deliveryMethod="sync",
        ),
        _task(
            inputs={"video": VIDEO},
            outputFormat="WEBM",
            outputType="URL",
            deliveryMethod="async",
        ),
        _task(inputs={"video": VIDEO}),
        _task(
            inputImage=BASE64,
            settings={"rgba": [255, 255, 255, 0], "alphaMatting": True, "x": 1},
        ),
    ],
    "imageMasking": [
        _task(
            inputs={"image": UUID, "x": 1},
            settings={
                "confidence": 0.25,
                "maxDetections": 6,
                "maskPadding": -4,
                "maskBlur": 4,
                "a": 1,
            },
            outputFormat="PNG",
            ttl=60,
        ),
        _task(inputImage=BASE64),
    ],
    "controlNetPreprocess": [
        _task(
            inputs={"image": UUID, "x": 1},
            settings={"lowThreshold": 100, "highThreshold": 200, "a": 1},
            outputFormat="PNG",
            ttl=60,
        ),
        _task(inputImage=BASE64),
    ],
    "vectorize": [
        _task(positivePrompt="a fox", width=1024, height=1024),
        _task(inputImage=BASE64),
        _task(inputs={"image": IMAGE}, outputFormat="SVG", outputType="base64Data"),
    ],
    "caption": [
        _task(inputImage=IMAGE),
        _task(inputImages=[IMAGE]),
        _task(inputs={"image": IMAGE}, prompt="Describe it."),
        _task(inputs={"video": VIDEO}, deliveryMethod="async"),
    ],
    "accountManagement": [
        {"operation": "getDetails"},
        {
            "operation": "getUsageActivity",
            "startDate": "2026-10-01",
            "endDate": "2026-10-02",
            "models": ["a:b@1"],
            "apiKeys": ["k"],
            "groupBy": ["model", "date", "apiKey"],
            "timezone": "UTC",
        },
        {"operation": "getUsageErrors", "startDate": "2026-10-01T00:00:00Z"},
    ],
    "imageUpload": [
        {"image": "https://example.com/pier.png"},
        {"image": BASE64},
        {"image": "data:image/png;base64,iVBORw0KGgo="},
    ],
    "mediaStorage": [
        {"operation": "upload", "media": "https://example.com/w.mp4"},
        {"operation": "upload", "media": "data:model/gltf-binary;base64,AAAA"},
        {"operation": "upload", "media": "AAAA"},
        {"operation": "upload", "media": UUID},
        {"operation": "delete", "media": UUID},
    ],
    "modelSearch": [
        {},
        {
            "search": "",
            "source": "official",
            "category": "vae",
            "architecture": "sdxl",
            "capabilities": ["text-to-image"],
            "visibility": "owned",
            "limit": 100,
            "offset": 40,
            "sort": "-popularity",
        },
    ],
    "modelUpload": [
        _upload(),
        _upload(
            type="positive",
            air="acme:1@1",
            uniqueIdentifier="x",
            defaultScheduler="Euler",
            defaultSteps=20,
            defaultCFG=7.5,
            defaultStrength=0.8,
            defaultWeight=-1,
            private=True,
            heroImageURL="https://e.com/i.png",
            tags=[],
            positiveTriggerWords="a",
            negativeTriggerWords="",
            shortDescription="s",
            comment="c",
        ),
    ],
    "promptEnhance": [
        _task(prompt="dog"),
        _task(
            prompt="dog",
            promptMaxLength=64,
            promptVersions=4,
            deliveryMethod="async",
            webhookURL="https://e.com/h",
            includeCost=True,
            routing={"a": 1},
            anything=[1],
        ),
    ],
    "training": [
        _task(
            inputs={"dataset": "https://example.com/pictures.zip"},
            importModel={"air": "acme:style@1", "name": "Style", "private": True},
            trainingSteps=1000,
            learningRate=0.0004,
            triggerWord="stylo",
            deliveryMethod="async",
        ),
        _task(inputs={"x": 1}, importModel={}),
    ],
    "tools": [
        _task(
            inputs={"video": VIDEO},
            settings={"trim": {"start": 1.5}},
            outputFormat="MP3",
        ),
        _task(inputs={"image": UUID}, ttl=60),
    ],
}

REFUSED: dict[str, list[dict[str, Any]]] = {
    "imageInference": [
        _task(strength=0.6),
        _task(maskImage="https://example.com/m.png"),
        _task(seedImage="./a.png"),
        _task(referenceImages=[]),
        _task(inputs={"referenceImages": [{"tag": "hero"}]}),
        _task(embeddings=[{}]),
        _task(photoMaker={}),
        _task(photoMaker={"images": [IMAGE], "style": "Gothic"}),
        _task(refiner={"startStep": 5}),
        _task(
            refiner={
                "model": "acme:refiner@1",
                "startStep": 5,
                "startStepPercentage": 80,
            }
        ),
        _task(instantID={"adapterStrength": 0.8}),
        _task(scheduler="banana"),
        _task(resolution="large"),
        _task(outputFormat="GIF"),
        _task(settings={"temperature": "hot"}),
        _task(providerSettings={"openai": "high"}),
        _task(outpaint={}, strength=0.6, inputs=None),
    ],
    "textInference": [
        _task(messages=[{"role": "banana", "content": "x"}]),
        _task(messages=[{"role": "user"}]),
        _task(messages=[{"role": "assistant", "tools": []}]),
        _task(messages=[{"role": "user", "tools": [{"id": "t1", "name": "weather"}]}]),
        _task(messages=[{"role": "tool", "content": "x"}]),
        _task(messages=[{"role": "user", "content": "x"}], outputFormat="XML"),
        _task(messages=[{"role": "user", "content": "x"}], jsonSchema=["a"]),
        _task(messages=[{"role": "user", "content": "x"}], tools={"name": "weather"}),
    ],
    "videoInference": [
        _task(duration=0),
        _task(duration="long"),
        _task(inputs={"frameImages": []}),
        _task(inputs={"frameImages": ["./a.png"]}),
        _task(inputs={"frameImages": [{"frame": "first"}]}),
        _task(inputs={"frameImages": [{"image": IMAGE, "frame": "middle"}]}),
        _task(inputs={"frameImages": [{"image": IMAGE, "frame": 0, "timestamp": 0}]}),
        _task(inputs={"video": BASE64}),
        _task(width=640),
        _task(resolution="720p", width=640, height=640),
        _task(deliveryMethod="sync"),
        _task(numberResults=5),
        _task(outputType="dataURI"),
        _task(safety={"checkNSFW": True}),
        _task(resolution="huge"),
        _task(inputs={"referenceImages": [{"tag": "@hero"}]}),
        _task(inputs={"referenceVideos": [{"tag": "@walk"}]}),
        _task(inputs={"audio": []}),
        _task(frameImages=[{"frame": "first"}]),
        _task(providerSettings={"klingai": True}),
    ],
    "audioInference": [
        _task(speech={"text": ""}),
        _task(outputFormat="WAV", audioSettings={"channels": 1}),
        _task(outputFormat="MP3", audioSettings={"sampleRate": 8000, "bitrate": 192}),
        _task(outputFormat="OGG", audioSettings={"sampleRate": 44100}),
        _task(
            outputFormat="OGG",
            audioSettings={"sampleRate": 8000, "bitrate": 48, "channels": 1},
        ),
        _task(audioSettings={"channels": 3}),
        _task(audioSettings={"bitrate": 4}),
        _task(audioSettings={"rate": 4}),
        _task(deliveryMethod="stream"),
        _task(outputFormat="mp3"),
        _task(audioSettings={"sampleRate": -1}),
        _task(speech={"voices": [{"speaker": "A"}]}),
        _task(providerSettings={"elevenlabs": 1}),
        _task(duration=-1),
    ],
    "3dInference": [
        _task(inputs={"images": []}),
        _task(outputFormat="OBJ"),
        _task(outputType="base64Data"),
    ],
    "upscale": [
        _task(),
        _task(outputFormat="MP4", inputs={}),
        _task(inputImage=BASE64, outputFormat="MP4"),
        _task(inputImage=BASE64, inputs={"video": VIDEO}),
        _task(inputs={"video": VIDEO}, width=3840),
        _task(inputs={"image": IMAGE, "video": VIDEO}),
        _task(inputs={"image": IMAGE}, outputFormat="MP4"),
        _task(inputs={"video": VIDEO}, outputFormat="JPG"),
        _task(inputs={"video": VIDEO}, outputType="dataURI"),
        _task(inputs={"video": VIDEO}, deliveryMethod="sync"),
        _task(inputImage=BASE64, outputFormat="GIF"),
        _task(inputs={"video": BASE64}),
        _task(inputImage=BASE64, upscaleFactor=0.5),
    ],
    "removeBackground": [
        _task(),
        _task(outputFormat="WEBM", inputs={}),
        _task(settings={"rgba": [255, 255, 255, 0]}),
        _task(inputs={"image": IMAGE, "video": VIDEO}),
        _task(inputs={"image": IMAGE}, outputFormat="WEBM"),
        _task(inputs={"video": VIDEO}, outputFormat="JPG"),
        _task(inputs={"video": VIDEO}, outputType="dataURI"),
        _task(inputs={"video": VIDEO}, deliveryMethod="sync"),
        _task(inputImage=BASE64, outputFormat="MP4"),
        _task(inputs={"video": BASE64}),
        _task(inputImage=BASE64, settings={"rgba": [255, 255, 255]}),
        _task(inputImage=BASE64, settings={"rgba": [256, 0, 0, 0]}),
    ],
    "imageMasking": [
        _task(),
        _task(inputs={}),
        _task(inputs={"image": "./a.png"}),
        _task(inputs={"image": IMAGE}, settings={"confidence": "high"}),
        _task(inputs={"image": IMAGE}, settings={"maxDetections": 0}),
    ],
    "controlNetPreprocess": [
        _task(),
        _task(inputs={}),
        _task(inputs={"image": "./a.png"}),
    ],
    "vectorize": [
        _task(),
        _task(positivePrompt="a fox", outputFormat="PNG"),
        _task(positivePrompt="a fox", width=1024),
    ],
    "caption": [
        _task(),
        _task(inputs={}),
        _task(inputs={"image": IMAGE, "video": VIDEO}),
        _task(inputs={"video": VIDEO}, deliveryMethod="sync"),
        _task(inputs={"video": "./a.mp4"}),
        _task(inputImage=BASE64, prompt=""),
        _task(inputImage=BASE64, deliveryMethod="stream"),
    ],
    "accountManagement": [
        {"operation": "delete"},
        {},
        {"operation": "getDetails", "models": "a:b@1"},
        {"operation": "getDetails", "timeZone": "x"},
        {"taskUUID": "42", "operation": "getDetails"},
        {"operation": "getDetails", "apiKeys": "k"},
        {"operation": "getUsageActivity", "groupBy": ["colour"]},
        {"operation": "getUsageActivity", "startDate": "yesterday"},
        {"operation": "getUsageActivity", "endDate": "2026-13-01"},
    ],
    "imageUpload": [
        {"image": UUID},
        {"image": "./pier.png"},
        {"image": ""},
        {},
        {"image": "https://example.com/pier.png", "ttl": 60},
    ],
    "mediaStorage": [
        {"operation": "delete", "media": "https://example.com/w.mp4"},
        {"operation": "list", "media": "https://example.com/w.mp4"},
        {"operation": "upload", "media": "./x.mp4"},
        {"media": "https://example.com/w.mp4"},
        {"operation": "upload", "media": "https://example.com/w.mp4", "extra": 1},
    ],
    "modelSearch": [
        {"limit": 0},
        {"offset": -1},
        {"sort": "score"},
        {"category": "LoRA"},
        {"tags": ["a"]},
        {"visibility": "all"},
        {"capabilities": "a"},
    ],
    "modelUpload": [
        _upload(format="ckpt"),
        {
            "category": "lora",
            "architecture": "sdxl",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
        },
        _upload(downloadURL="x"),
        _upload(defaultStrength=2),
        _upload(private="yes"),
        _upload(name=""),
        _upload(type="refiner"),
        _upload(model="x"),
        _upload(defaultSteps=0),
    ],
    "promptEnhance": [
        _task(prompt=""),
        _task(),
        _task(prompt="dog", promptVersions=0),
        _task(prompt="dog", deliveryMethod="stream"),
        {"prompt": "dog"},
        {"model": "a b", "prompt": "dog"},
    ],
    "training": [
        _task(),
        _task(inputs={"dataset": "https://example.com/a.zip"}),
        _task(inputs={}, importModel={"name": "Style"}),
        _task(inputs={"dataset": "./a.zip"}, importModel={}),
        _task(inputs={"x": 1}, importModel={}, webhookURL="/h"),
        _task(inputs={"x": 1}, importModel={}, includeCost=1),
        {},
        _task(inputs={"x": 1}, importModel={}, learningRate=0),
    ],
    "tools": [
        _task(inputs={"x": 1}, ttl=59),
        _task(inputs={"x": 1}, deliveryMethod="stream"),
        {},
        _task(),
        _task(inputs={}),
        _task(inputs={"x": 1}, outputFormat="GIF"),
        _task(inputs={"x": 1}, ttl=60.5),
    ],
}
