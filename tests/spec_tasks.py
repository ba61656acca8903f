"""Tasks that the documents under `specs/` allow, and tasks that they refuse.

Each is given without its task type and its UUID.
"""

from __future__ import annotations

from typing import Any

ALLOWED: dict[str, list[dict[str, Any]]] = {
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
        {"model": "a:b@1", "deliveryMethod": "sync"},
    ],
    "upscale": [
        {"model": "a:b@1"},
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
        {"model": "a:b@1", "outputFormat": "MP4", "inputs": {}},
        {"model": "a:b@1", "inputs": {"image": "iVBORw0KGgo="}, "upscaleFactor": 2},
    ],
    "removeBackground": [
        {"model": "a:b@1"},
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
        {"model": "a:b@1", "outputFormat": "WEBM", "inputs": {}},
        {"model": "a:b@1", "settings": {"rgba": [255, 255, 255, 0], "x": 1}},
    ],
    "imageMasking": [
        {
            "model": "a:b@1",
            "inputs": {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10", "x": 1},
            "settings": {"a": 1},
            "outputFormat": "PNG",
            "ttl": 60,
        }
    ],
    "controlNetPreprocess": [
        {
            "model": "a:b@1",
            "inputs": {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10", "x": 1},
            "settings": {"a": 1},
            "outputFormat": "PNG",
            "ttl": 60,
        }
    ],
    "vectorize": [
        {"model": "a:b@1"},
        {
            "model": "a:b@1",
            "inputs": {"image": "https://example.com/a.png"},
            "outputFormat": "SVG",
            "outputType": "base64Data",
        },
    ],
    "caption": [
        {"model": "a:b@1"},
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
            "groupBy": ["model"],
            "timezone": "UTC",
        },
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
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {"dataset": "x"}, "deliveryMethod": "async"},
    ],
    "tools": [
        {"model": "a:b@1"},
        {
            "model": "a:b@1",
            "inputs": {"image": "4f0c9a52-6f0d-4e0e-9b52-1f6f3c1f7a10"},
            "ttl": 60,
        },
    ],
}

REFUSED: dict[str, list[dict[str, Any]]] = {
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
        {"model": "a:b@1", "duration": -1},
    ],
    "3dInference": [
        {"model": "a:b@1", "inputs": {"images": []}},
        {"model": "a:b@1", "outputFormat": "OBJ"},
        {"model": "a:b@1", "outputType": "base64Data"},
    ],
    "upscale": [
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
        {"model": "a:b@1", "outputFormat": "GIF"},
        {"model": "a:b@1", "inputs": {"video": "iVBORw0KGgo="}},
        {"model": "a:b@1", "upscaleFactor": 0.5},
    ],
    "removeBackground": [
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
        {"model": "a:b@1", "outputFormat": "MP4"},
        {"model": "a:b@1", "inputs": {"video": "iVBORw0KGgo="}},
        {"model": "a:b@1", "settings": {"rgba": [255, 255, 255]}},
        {"model": "a:b@1", "settings": {"rgba": [256, 0, 0, 0]}},
    ],
    "imageMasking": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {}},
        {"model": "a:b@1", "inputs": {"image": "./a.png"}},
    ],
    "controlNetPreprocess": [
        {"model": "a:b@1"},
        {"model": "a:b@1", "inputs": {}},
        {"model": "a:b@1", "inputs": {"image": "./a.png"}},
    ],
    "vectorize": [{"model": "a:b@1", "outputFormat": "PNG"}],
    "caption": [
        {"model": "a:b@1", "inputs": {"video": "./a.mp4"}},
        {"model": "a:b@1", "prompt": ""},
        {"model": "a:b@1", "deliveryMethod": "stream"},
    ],
    "accountManagement": [
        {"operation": "delete"},
        {},
        {"operation": "getDetails", "models": "a:b@1"},
        {"operation": "getDetails", "timeZone": "x"},
        {"taskUUID": "42", "operation": "getDetails"},
        {"operation": "getDetails", "apiKeys": "k"},
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
        {"model": "a:b@1", "webhookURL": "/h"},
        {"model": "a:b@1", "includeCost": 1},
        {},
    ],
    "tools": [
        {"model": "a:b@1", "ttl": 59},
        {"model": "a:b@1", "deliveryMethod": "stream"},
        {},
        {"model": "a:b@1", "ttl": 60.5},
    ],
}
