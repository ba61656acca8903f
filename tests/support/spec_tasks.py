"""Tasks that the documents under `specs/` allow, and tasks that they refuse.

The tasks are listed without `taskType` and `taskUUID`.
"""

from __future__ import annotations

from typing import Any

ALLOWED: dict[str, list[dict[str, Any]]] = {
    "imageInference": [
        {"model": "a:b@1", "seedImage": "iVBORw0KGgo=", "strength": 0.6},
        {
            "model": "a:b@1",
            "seedImage": "https://example.com/a.png",
            "maskImage": "https://example.com/m.png",
            "maskMargin": 48,
        },
        {
            "model": "a:b@1",
            "referenceImages": ["https://example.com/a.png"],
            "maskImage": "https://example.com/m.png",
        },
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "strength": 0.5,
        },
        {
            "model": "a:b@1",
            "inputs": {
                "referenceImages": [
                    {
                        "image": "https://example.com/a.png",
                        "type": "sketch",
                        "strength": 0.7,
                    },
                    {"image": "https://example.com/a.png", "tag": "hero"},
                    {"image": "https://example.com/a.png", "role": "style"},
                    "https://example.com/a.png",
                ]
            },
        },
        {
            "model": "a:b@1",
            "embeddings": [{"model": "acme:word@1", "weight": 0.5}],
            "refiner": {"model": "acme:refiner@1", "startStepPercentage": 80},
            "photoMaker": {
                "images": ["https://example.com/a.png"],
                "style": "Cinematic",
                "strength": 40,
            },
            "instantID": {"inputImages": ["https://example.com/a.png"]},
        },
        {"model": "a:b@1", "scheduler": "DPM++ 2M Karras", "outputFormat": "TIFF"},
        {"model": "a:b@1", "safety": {"checkContent": True, "mode": "fast"}},
        {
            "model": "a:b@1",
            "settings": {"thinking": True, "moderation": "low", "x": 1},
            "providerSettings": {"openai": {"quality": "high"}, "x": {"y": 1}},
        },
    ],
    "textInference": [
        {
            "model": "a:b@1",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "How is the weather in Oslo?"},
                {
                    "role": "assistant",
                    "tools": [{"id": "t1", "name": "weather", "input": {"in": "Oslo"}}],
                },
                {"role": "tool", "id": "t1", "content": "3 degrees"},
            ],
            "tools": [
                {
                    "type": "function",
                    "name": "weather",
                    "description": "Tells the weather of a city.",
                    "schema": {"type": "object"},
                }
            ],
            "toolChoice": {"type": "auto"},
            "seed": 7,
        },
        {
            "model": "a:b@1",
            "messages": [{"role": "user", "content": "List three."}],
            "outputFormat": "JSON",
            "jsonSchema": {"type": "object"},
        },
        {
            "model": "a:b@1",
            "messages": [{"role": "user", "content": "List three."}],
            "jsonSchema": '{"type": "object"}',
            "inputs": {"images": ["https://example.com/a.png"]},
        },
    ],
    "videoInference": [
        {"model": "a:b@1"},
        {
            "model": "a:b@1",
            "positivePrompt": "x",
            "width": 1920,
            "height": 1080,
            "duration": 5,
            "fps": 24,
            "seed": 0,
            "CFGScale": 0.5,
        },
        {"model": "a:b@1", "duration": "auto"},
        {"model": "a:b@1", "duration": 5.5},
        {"model": "a:b@1", "duration": 5.0},
        {
            "model": "a:b@1",
            "inputs": {
                "frameImages": [
                    "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10",
                    {"image": "https://example.com/a.png", "frame": "last"},
                ]
            },
        },
        {
            "model": "a:b@1",
            "inputs": {
                "frameImages": [
                    {"image": "https://example.com/a.png", "frame": -1},
                    {"image": "https://example.com/a.png", "timestamp": 2.5},
                ]
            },
        },
        {
            "model": "a:b@1",
            "inputs": {
                "video": "https://example.com/a.mp4",
                "referenceVideos": ["https://example.com/a.mp4"],
                "referenceAudios": ["https://example.com/a.mp4"],
                "audio": "https://example.com/a.mp4",
                "referenceImages": ["iVBORw0KGgo="],
                "other": 1,
            },
        },
        {
            "model": "a:b@1",
            "deliveryMethod": "async",
            "outputType": "URL",
            "outputFormat": "MOV",
            "numberResults": 4,
            "outputQuality": 20,
        },
        {"model": "a:b@1", "safety": {"checkContent": True, "mode": "full"}},
        {
            "model": "a:b@1",
            "settings": {"audio": True, "x": 1},
            "providerSettings": {"klingai": {"sound": True}},
            "speech": {"voices": ["ara"]},
        },
        {
            "model": "a:b@1",
            "inputs": {
                "referenceImages": [
                    {
                        "type": "image",
                        "tag": "@hero",
                        "images": ["https://example.com/a.png"],
                        "audio": "https://example.com/a.mp3",
                    }
                ],
                "referenceVideos": [
                    {
                        "tag": "@walk",
                        "type": "video",
                        "video": "https://example.com/a.mp4",
                    }
                ],
                "audio": [{"id": "a1", "source": "https://example.com/a.mp3"}],
                "elements": [{"id": "e1", "frontalImage": "https://example.com/a.png"}],
                "draftId": "d1",
            },
            "resolution": "1080p",
        },
        {
            "model": "a:b@1",
            "frameImages": [
                {"inputImage": "https://example.com/a.png", "frame": "first"},
                "https://example.com/a.png",
            ],
            "referenceImages": ["https://example.com/a.png"],
            "lora": [{"model": "acme:walk@1", "weight": 0.7}],
        },
    ],
    "audioInference": [
        {"model": "a:b@1"},
        {
            "model": "a:b@1",
            "speech": {
                "text": "Hello",
                "voice": "clone",
                "language": "English",
                "speed": 1.25,
            },
            "inputs": {"audio": "https://example.com/a.mp4"},
            "settings": {"xVectorOnly": True},
        },
        {
            "model": "a:b@1",
            "outputFormat": "MP3",
            "audioSettings": {"sampleRate": 44100, "bitrate": 192, "channels": 2},
        },
        {
            "model": "a:b@1",
            "outputFormat": "OGG",
            "audioSettings": {"sampleRate": 8000, "bitrate": 48, "channels": 2},
        },
        {"model": "a:b@1", "audioSettings": {"sampleRate": 1}},
        {
            "model": "a:b@1",
            "deliveryMethod": "async",
            "outputType": "dataURI",
            "outputFormat": "FLAC",
        },
        {"model": "a:b@1", "positivePrompt": "rain", "duration": 15},
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputFormat": "MP4",
        },
        {
            "model": "a:b@1",
            "speech": {
                "text": "A: Hello. B: Hello.",
                "voices": [{"speaker": "A", "voice": "ara"}, "eve"],
                "volume": 1,
                "pitch": -2,
                "emotion": "happy",
                "tone": ["warm"],
            },
            "inputs": {
                "referenceVoices": [{"audio": "https://example.com/a.mp3", "text": "x"}]
            },
        },
        {
            "model": "a:b@1",
            "providerSettings": {"elevenlabs": {"music": {}}},
            "CFGScale": 7,
            "steps": 20,
            "strength": 0.5,
        },
    ],
    "3dInference": [
        {"model": "a:b@1", "positivePrompt": "a chair"},
        {
            "model": "a:b@1",
            "inputs": {
                "images": [
                    "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10",
                    "https://example.com/a.png",
                ]
            },
            "settings": {"quad": True},
            "outputFormat": "FBX",
        },
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "settings": {"remesh": True, "textureSize": 2048, "x": 1},
        },
        {"model": "a:b@1", "deliveryMethod": "sync"},
    ],
    "upscale": [
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "outputFormat": "PNG",
            "outputType": "dataURI",
            "deliveryMethod": "sync",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputFormat": "MP4",
            "outputType": "URL",
            "deliveryMethod": "async",
        },
        {"model": "a:b@1", "inputs": {"video": "https://example.com/a.mp4"}},
        {"model": "a:b@1", "inputs": {"image": "iVBORw0KGgo="}, "upscaleFactor": 2},
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "outputFormat": "WEBP"},
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "width": 3840,
            "height": 2160,
            "fps": 29.97,
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "resolution": "4k",
        },
    ],
    "removeBackground": [
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "outputFormat": "PNG",
            "outputType": "dataURI",
            "deliveryMethod": "sync",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputFormat": "WEBM",
            "outputType": "URL",
            "deliveryMethod": "async",
        },
        {"model": "a:b@1", "inputs": {"video": "https://example.com/a.mp4"}},
        {
            "model": "a:b@1",
            "inputImage": "iVBORw0KGgo=",
            "settings": {"rgba": [255, 255, 255, 0], "alphaMatting": True, "x": 1},
        },
    ],
    "imageMasking": [
        {
            "model": "a:b@1",
            "inputs": {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10", "x": 1},
            "settings": {
                "confidence": 0.25,
                "maxDetections": 6,
                "maskPadding": -4,
                "maskBlur": 4,
                "a": 1,
            },
            "outputFormat": "PNG",
            "ttl": 60,
        },
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo="},
    ],
    "controlNetPreprocess": [
        {
            "model": "a:b@1",
            "inputs": {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10", "x": 1},
            "settings": {"lowThreshold": 100, "highThreshold": 200, "a": 1},
            "outputFormat": "PNG",
            "ttl": 60,
        },
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo="},
    ],
    "vectorize": [
        {"model": "a:b@1", "positivePrompt": "a fox", "width": 1024, "height": 1024},
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo="},
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "outputFormat": "SVG",
            "outputType": "base64Data",
        },
    ],
    "caption": [
        {"model": "a:b@1", "inputImage": "https://example.com/a.png"},
        {"model": "a:b@1", "inputImages": ["https://example.com/a.png"]},
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "prompt": "Describe it.",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "deliveryMethod": "async",
        },
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
        {"image": "iVBORw0KGgo="},
        {"image": "data:image/png;base64,iVBORw0KGgo="},
    ],
    "mediaStorage": [
        {"operation": "upload", "media": "https://example.com/w.mp4"},
        {"operation": "upload", "media": "data:model/gltf-binary;base64,AAAA"},
        {"operation": "upload", "media": "AAAA"},
        {"operation": "upload", "media": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"},
        {"operation": "delete", "media": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"},
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
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
            "type": "positive",
            "air": "acme:1@1",
            "uniqueIdentifier": "x",
            "defaultScheduler": "Euler",
            "defaultSteps": 20,
            "defaultCFG": 7.5,
            "defaultStrength": 0.8,
            "defaultWeight": -1,
            "private": True,
            "heroImageURL": "https://e.com/i.png",
            "tags": [],
            "positiveTriggerWords": "a",
            "negativeTriggerWords": "",
            "shortDescription": "s",
            "comment": "c",
        },
    ],
    "promptEnhance": [
        {"model": "a:b@1", "prompt": "dog"},
        {
            "model": "a:b@1",
            "prompt": "dog",
            "promptMaxLength": 64,
            "promptVersions": 4,
            "deliveryMethod": "async",
            "webhookURL": "https://e.com/h",
            "includeCost": True,
            "routing": {"a": 1},
            "anything": [1],
        },
    ],
    "training": [
        {
            "model": "a:b@1",
            "inputs": {"dataset": "https://example.com/pictures.zip"},
            "importModel": {"air": "acme:style@1", "name": "Style", "private": True},
            "trainingSteps": 1000,
            "learningRate": 0.0004,
            "triggerWord": "stylo",
            "deliveryMethod": "async",
        },
        {
            "model": "a:b@1",
            "inputs": {"x": 1},
            "importModel": {},
        },
    ],
    "tools": [
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "settings": {"trim": {"start": 1.5}},
            "outputFormat": "MP3",
        },
        {
            "model": "a:b@1",
            "inputs": {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"},
            "ttl": 60,
        },
    ],
}

REFUSED: dict[str, list[dict[str, Any]]] = {
    "imageInference": [
        {"model": "a:b@1", "strength": 0.6},
        {"model": "a:b@1", "maskImage": "https://example.com/m.png"},
        {"model": "a:b@1", "seedImage": "./a.png"},
        {"model": "a:b@1", "referenceImages": []},
        {"model": "a:b@1", "inputs": {"referenceImages": [{"tag": "hero"}]}},
        {"model": "a:b@1", "embeddings": [{}]},
        {"model": "a:b@1", "photoMaker": {}},
        {
            "model": "a:b@1",
            "photoMaker": {"images": ["https://example.com/a.png"], "style": "Gothic"},
        },
        {"model": "a:b@1", "refiner": {"startStep": 5}},
        {
            "model": "a:b@1",
            "refiner": {
                "model": "acme:refiner@1",
                "startStep": 5,
                "startStepPercentage": 80,
            },
        },
        {"model": "a:b@1", "instantID": {"adapterStrength": 0.8}},
        {"model": "a:b@1", "scheduler": "banana"},
        {"model": "a:b@1", "resolution": "large"},
        {"model": "a:b@1", "outputFormat": "GIF"},
        {"model": "a:b@1", "settings": {"temperature": "hot"}},
        {"model": "a:b@1", "providerSettings": {"openai": "high"}},
        {"model": "a:b@1", "outpaint": {}, "strength": 0.6, "inputs": None},
    ],
    "textInference": [
        {"model": "a:b@1", "messages": [{"role": "banana", "content": "x"}]},
        {"model": "a:b@1", "messages": [{"role": "user"}]},
        {"model": "a:b@1", "messages": [{"role": "assistant", "tools": []}]},
        {
            "model": "a:b@1",
            "messages": [{"role": "user", "tools": [{"id": "t1", "name": "weather"}]}],
        },
        {"model": "a:b@1", "messages": [{"role": "tool", "content": "x"}]},
        {
            "model": "a:b@1",
            "messages": [{"role": "user", "content": "x"}],
            "outputFormat": "XML",
        },
        {
            "model": "a:b@1",
            "messages": [{"role": "user", "content": "x"}],
            "jsonSchema": ["a"],
        },
        {
            "model": "a:b@1",
            "messages": [{"role": "user", "content": "x"}],
            "tools": {"name": "weather"},
        },
    ],
    "videoInference": [
        {"model": "a:b@1", "duration": 0},
        {"model": "a:b@1", "duration": "long"},
        {"model": "a:b@1", "inputs": {"frameImages": []}},
        {"model": "a:b@1", "inputs": {"frameImages": ["./a.png"]}},
        {"model": "a:b@1", "inputs": {"frameImages": [{"frame": "first"}]}},
        {
            "model": "a:b@1",
            "inputs": {
                "frameImages": [
                    {"image": "https://example.com/a.png", "frame": "middle"}
                ]
            },
        },
        {
            "model": "a:b@1",
            "inputs": {
                "frameImages": [
                    {"image": "https://example.com/a.png", "frame": 0, "timestamp": 0}
                ]
            },
        },
        {"model": "a:b@1", "inputs": {"video": "iVBORw0KGgo="}},
        {"model": "a:b@1", "width": 640},
        {"model": "a:b@1", "resolution": "720p", "width": 640, "height": 640},
        {"model": "a:b@1", "deliveryMethod": "sync"},
        {"model": "a:b@1", "numberResults": 5},
        {"model": "a:b@1", "outputType": "dataURI"},
        {"model": "a:b@1", "safety": {"checkNSFW": True}},
        {"model": "a:b@1", "resolution": "huge"},
        {"model": "a:b@1", "inputs": {"referenceImages": [{"tag": "@hero"}]}},
        {"model": "a:b@1", "inputs": {"referenceVideos": [{"tag": "@walk"}]}},
        {"model": "a:b@1", "inputs": {"audio": []}},
        {"model": "a:b@1", "frameImages": [{"frame": "first"}]},
        {"model": "a:b@1", "providerSettings": {"klingai": True}},
    ],
    "audioInference": [
        {"model": "a:b@1", "speech": {"text": ""}},
        {"model": "a:b@1", "outputFormat": "WAV", "audioSettings": {"channels": 1}},
        {
            "model": "a:b@1",
            "outputFormat": "MP3",
            "audioSettings": {"sampleRate": 8000, "bitrate": 192},
        },
        {
            "model": "a:b@1",
            "outputFormat": "OGG",
            "audioSettings": {"sampleRate": 44100},
        },
        {
            "model": "a:b@1",
            "outputFormat": "OGG",
            "audioSettings": {"sampleRate": 8000, "bitrate": 48, "channels": 1},
        },
        {"model": "a:b@1", "audioSettings": {"channels": 3}},
        {"model": "a:b@1", "audioSettings": {"bitrate": 4}},
        {"model": "a:b@1", "audioSettings": {"rate": 4}},
        {"model": "a:b@1", "deliveryMethod": "stream"},
        {"model": "a:b@1", "outputFormat": "mp3"},
        {"model": "a:b@1", "audioSettings": {"sampleRate": -1}},
        {"model": "a:b@1", "speech": {"voices": [{"speaker": "A"}]}},
        {"model": "a:b@1", "providerSettings": {"elevenlabs": 1}},
        {"model": "a:b@1", "duration": -1},
    ],
    "3dInference": [
        {"model": "a:b@1", "inputs": {"images": []}},
        {"model": "a:b@1", "outputFormat": "OBJ"},
        {"model": "a:b@1", "outputType": "base64Data"},
    ],
    "upscale": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "outputFormat": "MP4", "inputs": {}},
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "outputFormat": "MP4"},
        {
            "model": "a:b@1",
            "inputImage": "iVBORw0KGgo=",
            "inputs": {"video": "https://example.com/a.mp4"},
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "width": 3840,
        },
        {
            "model": "a:b@1",
            "inputs": {
                "image": "https://example.com/a.png",
                "video": "https://example.com/a.mp4",
            },
        },
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "outputFormat": "MP4",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputFormat": "JPG",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputType": "dataURI",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "deliveryMethod": "sync",
        },
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "outputFormat": "GIF"},
        {"model": "a:b@1", "inputs": {"video": "iVBORw0KGgo="}},
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "upscaleFactor": 0.5},
    ],
    "removeBackground": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "outputFormat": "WEBM", "inputs": {}},
        {"model": "a:b@1", "settings": {"rgba": [255, 255, 255, 0]}},
        {
            "model": "a:b@1",
            "inputs": {
                "image": "https://example.com/a.png",
                "video": "https://example.com/a.mp4",
            },
        },
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "outputFormat": "WEBM",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputFormat": "JPG",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "outputType": "dataURI",
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "deliveryMethod": "sync",
        },
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "outputFormat": "MP4"},
        {"model": "a:b@1", "inputs": {"video": "iVBORw0KGgo="}},
        {
            "model": "a:b@1",
            "inputImage": "iVBORw0KGgo=",
            "settings": {"rgba": [255, 255, 255]},
        },
        {
            "model": "a:b@1",
            "inputImage": "iVBORw0KGgo=",
            "settings": {"rgba": [256, 0, 0, 0]},
        },
    ],
    "imageMasking": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {}},
        {"model": "a:b@1", "inputs": {"image": "./a.png"}},
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "settings": {"confidence": "high"},
        },
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "settings": {"maxDetections": 0},
        },
    ],
    "controlNetPreprocess": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {}},
        {"model": "a:b@1", "inputs": {"image": "./a.png"}},
    ],
    "vectorize": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "positivePrompt": "a fox", "outputFormat": "PNG"},
        {"model": "a:b@1", "positivePrompt": "a fox", "width": 1024},
    ],
    "caption": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {}},
        {
            "model": "a:b@1",
            "inputs": {
                "image": "https://example.com/a.png",
                "video": "https://example.com/a.mp4",
            },
        },
        {
            "model": "a:b@1",
            "inputs": {"video": "https://example.com/a.mp4"},
            "deliveryMethod": "sync",
        },
        {"model": "a:b@1", "inputs": {"video": "./a.mp4"}},
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "prompt": ""},
        {"model": "a:b@1", "inputImage": "iVBORw0KGgo=", "deliveryMethod": "stream"},
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
        {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"},
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
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "ckpt",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "x",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
            "defaultStrength": 2,
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
            "private": "yes",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
            "type": "refiner",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
            "model": "x",
        },
        {
            "category": "lora",
            "architecture": "sdxl",
            "format": "safetensors",
            "name": "n",
            "version": "1",
            "downloadURL": "https://example.com/x.safetensors",
            "defaultSteps": 0,
        },
    ],
    "promptEnhance": [
        {"model": "a:b@1", "prompt": ""},
        {"model": "a:b@1"},
        {"model": "a:b@1", "prompt": "dog", "promptVersions": 0},
        {"model": "a:b@1", "prompt": "dog", "deliveryMethod": "stream"},
        {"prompt": "dog"},
        {"model": "a b", "prompt": "dog"},
    ],
    "training": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {"dataset": "https://example.com/a.zip"}},
        {"model": "a:b@1", "inputs": {}, "importModel": {"name": "Style"}},
        {"model": "a:b@1", "inputs": {"dataset": "./a.zip"}, "importModel": {}},
        {"model": "a:b@1", "inputs": {"x": 1}, "importModel": {}, "webhookURL": "/h"},
        {"model": "a:b@1", "inputs": {"x": 1}, "importModel": {}, "includeCost": 1},
        {},
        {"model": "a:b@1", "inputs": {"x": 1}, "importModel": {}, "learningRate": 0},
    ],
    "tools": [
        {"model": "a:b@1", "inputs": {"x": 1}, "ttl": 59},
        {"model": "a:b@1", "inputs": {"x": 1}, "deliveryMethod": "stream"},
        {},
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {}},
        {"model": "a:b@1", "inputs": {"x": 1}, "outputFormat": "GIF"},
        {"model": "a:b@1", "inputs": {"x": 1}, "ttl": 60.5},
    ],
}
