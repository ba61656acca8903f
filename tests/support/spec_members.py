"""The members, JSON types and constants of each task type.

They come from the models of the catalogue, the operations and the utilities. A document
in `specs/` must have all of them, and may have more.
"""

from __future__ import annotations

from typing import Any

REQUESTS: dict[str, dict[str, str]] = {
    "3dInference": {
        "string": (
            "deliveryMethod model negativePrompt outputFormat outputType positivePrompt "
            "taskType taskUUID uploadEndpoint webhookURL"
        ),
        "integer": "numberResults seed ttl",
        "boolean": "includeCost",
        "object": "inputs routing settings",
    },
    "accountManagement": {
        "string": "endDate operation startDate taskType taskUUID timezone",
        "array": "apiKeys groupBy models",
    },
    "audioInference": {
        "string": (
            "deliveryMethod model negativePrompt outputFormat outputType positivePrompt "
            "taskType taskUUID uploadEndpoint webhookURL"
        ),
        "integer": "numberResults seed steps ttl",
        "number": "CFGScale duration strength",
        "boolean": "includeCost",
        "object": "advancedFeatures audioSettings inputs routing settings speech",
    },
    "caption": {
        "string": "deliveryMethod model prompt taskType taskUUID webhookURL",
        "boolean": "includeCost",
        "object": "inputs routing",
    },
    "controlNetPreprocess": {
        "string": (
            "deliveryMethod model outputFormat outputType taskType taskUUID "
            "uploadEndpoint webhookURL"
        ),
        "integer": "ttl",
        "boolean": "includeCost",
        "object": "inputs routing settings",
    },
    "getResponse": {"string": "taskType taskUUID"},
    "getTaskDetails": {"string": "taskType taskUUID"},
    "imageInference": {
        "string": (
            "acceleration deliveryMethod model negativePrompt outputFormat outputType "
            "positivePrompt promptWeighting resolution scheduler taskType taskUUID "
            "uploadEndpoint vae webhookURL"
        ),
        "integer": (
            "clipSkip height maskMargin numberResults outputQuality seed steps ttl "
            "upscaleFactor width"
        ),
        "number": "CFGScale strength trueCFGScale",
        "boolean": "includeCost",
        "object": (
            "acceleratorOptions acePlusPlus advancedFeatures hiresFix inputs outpaint "
            "photoMaker providerSettings pulid refiner routing safety settings "
            "structuredPrompt ultralytics"
        ),
        "array": "controlNet embeddings ipAdapters lora",
    },
    "imageMasking": {
        "string": (
            "deliveryMethod model outputFormat outputType taskType taskUUID "
            "uploadEndpoint webhookURL"
        ),
        "integer": "ttl",
        "boolean": "includeCost",
        "object": "inputs routing settings",
    },
    "imageUpload": {"string": "image taskType taskUUID"},
    "mediaStorage": {"string": "media operation taskType taskUUID"},
    "modelSearch": {
        "string": "architecture category search sort source taskType taskUUID visibility",
        "integer": "limit offset",
        "array": "capabilities",
    },
    "modelUpload": {
        "string": (
            "air architecture category comment defaultScheduler downloadURL format "
            "heroImageURL name negativeTriggerWords positiveTriggerWords shortDescription "
            "taskType taskUUID type uniqueIdentifier version"
        ),
        "integer": "defaultSteps",
        "number": "defaultCFG defaultStrength defaultWeight",
        "boolean": "private",
        "array": "tags",
    },
    "ping": {"string": "taskType", "boolean": "ping"},
    "promptEnhance": {
        "string": "deliveryMethod model prompt taskType taskUUID webhookURL",
        "integer": "promptMaxLength promptVersions",
        "boolean": "includeCost",
        "object": "routing",
    },
    "removeBackground": {
        "string": (
            "deliveryMethod model outputFormat outputType taskType taskUUID "
            "uploadEndpoint webhookURL"
        ),
        "integer": "outputQuality ttl",
        "boolean": "includeCost",
        "object": "inputs providerSettings routing settings",
    },
    "textInference": {
        "string": "deliveryMethod jsonSchema model outputFormat taskType taskUUID webhookURL",
        "integer": "numberResults seed",
        "boolean": "includeCost includeUsage",
        "object": "inputs jsonSchema providerSettings routing settings toolChoice",
        "array": "messages tools",
    },
    "tools": {
        "string": "deliveryMethod model outputFormat taskType taskUUID webhookURL",
        "integer": "ttl",
        "boolean": "includeCost",
        "object": "inputs settings",
    },
    "training": {
        "string": "model taskType taskUUID triggerWord webhookURL",
        "integer": "trainingSteps",
        "number": "learningRate",
        "boolean": "includeCost",
        "object": "importModel inputs",
    },
    "upscale": {
        "string": (
            "deliveryMethod model outputFormat outputType positivePrompt resolution "
            "taskType taskUUID uploadEndpoint webhookURL"
        ),
        "integer": "height outputQuality targetMegapixels ttl width",
        "number": "fps upscaleFactor",
        "boolean": "includeCost",
        "object": "inputs providerSettings routing settings",
    },
    "vectorize": {
        "string": (
            "deliveryMethod model outputFormat outputType positivePrompt taskType "
            "taskUUID uploadEndpoint webhookURL"
        ),
        "integer": "height ttl width",
        "boolean": "includeCost",
        "object": "inputs routing settings",
    },
    "videoInference": {
        "string": (
            "acceleration deliveryMethod duration model negativePrompt outputFormat "
            "outputType positivePrompt resolution taskType taskUUID uploadEndpoint "
            "webhookURL"
        ),
        "integer": "fps height numberResults outputQuality seed steps ttl width",
        "number": "CFGScale duration",
        "boolean": "includeCost",
        "object": "acceleratorOptions inputs providerSettings routing safety settings speech",
        "array": "lora",
    },
}
"""Members of tasks by task type and JSON type."""

RESULTS: dict[str, dict[str, str]] = {
    "3dInference": {
        "string": "taskType taskUUID",
        "integer": "seed",
        "number": "cost",
        "object": "outputs",
    },
    "accountManagement": {
        "string": (
            "endDate operation organizationName organizationUUID startDate taskType "
            "taskUUID"
        ),
        "object": "balance usage",
        "array": "apiKeys team",
    },
    "audioInference": {
        "string": "audioBase64Data audioDataURI audioURL audioUUID taskType taskUUID",
        "integer": "seed",
        "number": "cost",
    },
    "caption": {
        "string": "taskType taskUUID text",
        "number": "cost",
        "object": "structuredData",
    },
    "controlNetPreprocess": {
        "string": (
            "guideImageBase64Data guideImageDataURI guideImageURL guideImageUUID "
            "inputImageUUID taskType taskUUID"
        ),
        "number": "cost",
    },
    "getResponse": {
        "string": "status taskType taskUUID",
        "integer": "progress",
        "object": "error",
    },
    "getTaskDetails": {
        "string": "taskType taskUUID",
        "object": "response",
        "array": "request",
    },
    "imageInference": {
        "string": "imageBase64Data imageDataURI imageURL imageUUID taskType taskUUID",
        "integer": "seed",
        "number": "cost",
        "boolean": "NSFWContent",
        "object": "outputs structuredPrompt",
    },
    "imageMasking": {
        "string": (
            "inputImageUUID maskImageBase64Data maskImageDataURI maskImageURL "
            "maskImageUUID taskType taskUUID"
        ),
        "number": "cost",
        "array": "detections",
    },
    "imageUpload": {"string": "imageURL imageUUID taskType taskUUID"},
    "mediaStorage": {"string": "mediaURL mediaUUID operation taskType taskUUID"},
    "modelSearch": {
        "string": "taskType taskUUID",
        "integer": "totalResults",
        "array": "results",
    },
    "modelUpload": {"string": "air message status taskType taskUUID"},
    "ping": {"boolean": "pong"},
    "promptEnhance": {"string": "taskType taskUUID text", "number": "cost"},
    "removeBackground": {
        "string": (
            "imageBase64Data imageDataURI imageURL imageUUID taskType taskUUID "
            "videoBase64Data videoDataURI videoURL videoUUID"
        ),
        "number": "cost",
    },
    "textInference": {
        "string": "finishReason reasoningContent taskType taskUUID text thoughtSignature",
        "number": "cost",
        "object": "usage",
    },
    "tools": {"string": "taskType taskUUID", "number": "cost", "object": "outputs"},
    "training": {
        "string": "air taskType taskUUID",
        "number": "cost",
        "object": "outputs",
    },
    "upscale": {
        "string": (
            "imageBase64Data imageDataURI imageURL imageUUID taskType taskUUID "
            "videoBase64Data videoDataURI videoURL videoUUID"
        ),
        "number": "cost",
    },
    "vectorize": {
        "string": "imageBase64Data imageDataURI imageURL imageUUID taskType taskUUID",
        "number": "cost",
        "object": "outputs",
    },
    "videoInference": {
        "string": "taskType taskUUID videoBase64Data videoDataURI videoURL videoUUID",
        "integer": "seed",
        "number": "cost",
        "boolean": "NSFWContent",
        "object": "outputs",
    },
}
"""Members of results by task type and JSON type."""

CONSTANTS: dict[str, dict[str, str | list[Any]]] = {
    "3dInference": {
        "deliveryMethod": "async, sync",
        "outputFormat": "FBX, GLB",
        "outputType": "URL",
    },
    "accountManagement": {
        "operation": (
            "getDetails, getUsageActivity, getUsageErrors, getUsagePerformance"
        )
    },
    "audioInference": {
        "deliveryMethod": "async, sync",
        "outputFormat": "FLAC, MOV, MP3, MP4, OGG, WAV, WEBM",
        "outputType": "base64Data, dataURI, URL",
    },
    "caption": {"deliveryMethod": "async, sync"},
    "controlNetPreprocess": {
        "deliveryMethod": "async, sync",
        "outputFormat": "JPG, PNG, WEBP",
        "outputType": "base64Data, dataURI, URL",
    },
    "imageInference": {
        "acceleration": "high, low, medium, none",
        "CFGScale": [3, 4, 5],
        "deliveryMethod": "async, sync",
        "hiresFix": [True],
        "outputFormat": "JPG, PNG, TIFF, WEBP",
        "outputType": "base64Data, dataURI, URL",
        "promptWeighting": "compel, sdEmbeds",
        "resolution": "0.5K, 0.75K, 1.5K, 1K, 2K, 4K",
        "scheduler": (
            "DDIM, DDIMScheduler, DDPM, DDPMScheduler, Default, "
            "DEISMultistepScheduler, DPM++, DPM++ 2M, DPM++ 2M Beta, "
            "DPM++ 2M Exponential, DPM++ 2M Karras, DPM++ 2M SDE, DPM++ 2M SDE Beta, "
            "DPM++ 2M SDE Exponential, DPM++ 2M SDE Karras, DPM++ 2M SDE Uniform, "
            "DPM++ 2M Uniform, DPM++ 3M, DPM++ 3M Beta, DPM++ 3M Exponential, "
            "DPM++ 3M Karras, DPM++ 3M SDE Uniform, DPM++ 3M Uniform, DPM++ Beta, "
            "DPM++ Exponential, DPM++ Karras, DPM++ SDE, DPM++ SDE Beta, "
            "DPM++ SDE Exponential, DPM++ SDE Karras, DPM++ Uniform, "
            "DPM++ Uniform Beta, DPM++ Uniform Exponential, DPM++ Uniform Karras, "
            "DPMSolverMultistepInverse, DPMSolverMultistepScheduler, "
            "DPMSolverSinglestepScheduler, EDMDPMSolverMultistepScheduler, "
            "EDMEulerScheduler, Euler, Euler a, Euler Beta, Euler Exponential, "
            "Euler Karras, Euler Trailing, EulerAncestralDiscreteScheduler, "
            "EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler, Heun, "
            "Heun Karras, HeunDiscreteScheduler, IPNDM Uniform, IPNDM Uniform Beta, "
            "IPNDM Uniform Exponential, IPNDM Uniform Karras, IPNDMScheduler, "
            "KDPM2AncestralDiscreteScheduler, KDPM2DiscreteScheduler, LCM, "
            "LCMScheduler, LMS, LMS Karras, LMSDiscreteScheduler, PNDM, PNDMScheduler, "
            "TCDScheduler, UniPC, UniPC 2M, UniPC 2M Karras, UniPC 2M Uniform, "
            "UniPC 3M, UniPC 3M Karras, UniPC 3M Uniform, UniPC Karras, UniPC Uniform, "
            "UniPC Uniform Beta, UniPC Uniform Exponential, UniPC Uniform Karras"
        ),
        "upscaleFactor": [1, 2, 4],
    },
    "imageMasking": {
        "deliveryMethod": "async, sync",
        "outputFormat": "JPG, PNG, WEBP",
        "outputType": "base64Data, dataURI, URL",
    },
    "modelSearch": {
        "category": "checkpoint, embeddings, lora, lycoris, vae",
        "sort": (
            "-addedUnixTimestamp, -name, -popularity, -updatedDateUnixTimestamp, "
            "_score, addedUnixTimestamp, name, popularity, updatedDateUnixTimestamp"
        ),
        "source": "community, official",
        "visibility": "favorite, owned, private, public",
    },
    "modelUpload": {
        "category": "checkpoint, embeddings, lora, lycoris, vae",
        "format": "safetensors",
        "type": "base, inpainting, negative, positive",
    },
    "ping": {"ping": [True]},
    "promptEnhance": {"deliveryMethod": "async, sync"},
    "removeBackground": {
        "deliveryMethod": "async, sync",
        "outputFormat": "JPG, MOV, PNG, WEBM, WEBP",
        "outputType": "base64Data, dataURI, URL",
    },
    "textInference": {
        "deliveryMethod": "async, stream, sync",
        "outputFormat": "JSON, TEXT",
    },
    "tools": {
        "deliveryMethod": "async, sync",
        "outputFormat": "AAC, FLAC, JPG, MKV, MOV, MP3, MP4, OGG, PNG, WAV, WEBM, WEBP",
    },
    "upscale": {
        "deliveryMethod": "async, sync",
        "outputFormat": "JPG, MOV, MP4, PNG, WEBM, WEBP",
        "outputType": "base64Data, dataURI, URL",
        "resolution": "1080p, 240p, 2k, 360p, 480p, 4k, 540p, 720p",
        "upscaleFactor": [2, 4],
    },
    "vectorize": {
        "deliveryMethod": "async, sync",
        "outputFormat": "SVG",
        "outputType": "base64Data, dataURI, URL",
    },
    "videoInference": {
        "acceleration": "high, low, medium, none",
        "deliveryMethod": "async",
        "duration": [4, 5, 6, 7, 8, 10, 15],
        "fps": [24, 25, 48, 50],
        "outputFormat": "MOV, MP4, WEBM",
        "outputType": "URL",
        "resolution": "1080p, 1440p, 360p, 480p, 4K, 4k, 540p, 720p, 768p",
    },
}
"""Constants that members of tasks may have as values, by task type.

A text lists several strings.
"""

RESULT_CONSTANTS: dict[str, dict[str, str | list[Any]]] = {
    "accountManagement": {
        "operation": (
            "getDetails, getUsageActivity, getUsageErrors, getUsagePerformance"
        )
    },
    "getResponse": {"status": "error, processing, success"},
    "mediaStorage": {"operation": "delete, upload"},
    "modelUpload": {
        "status": "downloaded, failed, optimized, ready, stored, validated"
    },
    "ping": {"pong": [True]},
    "textInference": {"finishReason": "content_filter, length, stop, unknown"},
}
"""Constants that members of results may have as values, listed in the same way."""

INSIDE_REQUESTS: dict[str, str] = {
    "imageInference inputs": (
        "image images mask maskImage referenceImages referenceVideos seedImage "
        "superResolutionReferences"
    ),
    "imageInference photoMaker": "images strength style",
    "imageInference refiner": "model startStep startStepPercentage",
    "imageInference pulid": "CFGstartStep CFGstartStepPercentage idWeight images trueCFGScale",
    "imageInference outpaint": "blur bottom left right top",
    "imageInference acceleratorOptions": (
        "cacheEndStep cacheEndStepPercentage cacheMaxConsecutiveSteps cacheStartStep "
        "cacheStartStepPercentage dbCache dbCacheSkipInterval dbCacheThreshold deepCache "
        "deepCacheBranchId deepCacheInterval fbCache fbCacheThreshold teaCache "
        "teaCacheDistance"
    ),
    "imageInference ultralytics": (
        "CFGScale confidence inpaintSize maskBlur maskPadding negativePrompt "
        "positivePrompt steps strength"
    ),
    "imageInference settings": "background moderation quality systemPrompt temperature thinking topP",
    "imageInference embeddings []": "model weight",
    "imageInference controlNet []": (
        "controlMode endStep endStepPercentage guideImage model startStep "
        "startStepPercentage weight"
    ),
    "imageInference ipAdapters []": "combineMethod embedScaling guideImages model weight weightComposition weightType",
    "imageInference lora []": "model weight",
    "imageInference providerSettings google": "imageSearch safetyTolerance webSearch",
    "videoInference inputs": (
        "audio draftId elements frameImages image images mask referenceAudios "
        "referenceImages referenceVideos speech video videoId"
    ),
    "videoInference settings": "audio cameraMovement operation",
    "videoInference speech": "language pitch speed text voice voices volume",
    "videoInference safety": "checkContent mode",
    "videoInference providerSettings klingai": "characterOrientation keepOriginalSound sound",
    "audioInference inputs": "audio referenceAudios referenceImages referenceVoices video",
    "audioInference speech": "emotion language pitch speed text voice voices volume",
    "audioInference settings": "maxNewTokens transcript xVectorOnly",
    "audioInference audioSettings": "bitrate channels sampleRate",
    "textInference inputs": "documents images videos",
    "textInference messages []": "content id role tools",
    "textInference messages [] tools []": "id input name",
    "textInference tools []": "description name schema type",
    "textInference toolChoice": "name type",
    "textInference settings": "maxTokens systemPrompt temperature topP",
    "3dInference inputs": "image images",
    "3dInference settings": (
        "autoSize compress exportUv faceLimit generateParts geometryQuality imageAutoFix "
        "orientation pbr quad smartLowPoly texture textureAlignment textureQuality "
        "textureSeed"
    ),
    "upscale inputs": "image video",
    "upscale settings": (
        "CFGScale controlNetWeight negativePrompt positivePrompt scheduler seed steps "
        "strength"
    ),
    "removeBackground inputs": "image video",
    "removeBackground settings": "rgba",
    "imageMasking inputs": "image",
    "imageMasking settings": "confidence maskBlur maskPadding maxDetections",
    "controlNetPreprocess inputs": "image",
    "controlNetPreprocess settings": "highThreshold lowThreshold",
    "caption inputs": "image video",
    "vectorize inputs": "image",
    "training inputs": "dataset",
    "training importModel": "air heroImageURL name private shortDescription uniqueIdentifier version",
    "tools settings trim": "start",
}
"""Members of objects inside tasks; `[]` is an item of a list."""

INSIDE_RESULTS: dict[str, str] = {
    "textInference usage": (
        "completionTokens completionTokensDetails costBreakdown promptTokens "
        "thinkingTokens totalTokens"
    ),
    "textInference usage completionTokensDetails": "reasoningTokens",
    "textInference usage costBreakdown": "tokens total totalDisplay",
    "textInference tools []": "id input name",
    "imageMasking detections []": "x_max x_min y_max y_min",
    "caption structuredData": "ageGroup confidence",
    "videoInference outputs": "draftId videoId",
    "imageInference outputs": "styleId",
    "tools outputs files []": "url uuid",
    "training outputs files []": "fileURL url uuid",
    "3dInference outputs files []": "url uuid",
    "modelSearch results []": (
        "air architecture capabilities category heroImage isFavorite name "
        "negativeTriggerWords positiveTriggerWords private provider shortDescription "
        "source"
    ),
    "accountManagement balance": "amount currency freeBalance",
    "accountManagement team []": "email joinedAt name roles",
    "accountManagement apiKeys []": "apiKey createdAt description enabled lastUsedAt name requests",
    "accountManagement usage": "apiKey last30Days last7Days model timeseries today total",
    "accountManagement usage total": "credits requests",
    "accountManagement usage timeseries": "data meta",
    "accountManagement usage timeseries data []": (
        "apiKey avgInferenceTime clientErrors count date model modelName p90InferenceTime "
        "p99InferenceTime serverErrors spend"
    ),
    "accountManagement usage timeseries meta": (
        "avgDailySpend avgInferenceTime errorRate p50InferenceTime p90InferenceTime "
        "p99InferenceTime projectedSpend totalErrors totalRequests totalResults "
        "totalSpend"
    ),
}
"""Members of objects inside results; `[]` is an item of a list."""

OLD_PLACES: dict[str, str] = {
    "imageInference": "checkNSFW maskImage referenceImages seedImage",
    "videoInference": "frameImages inputAudios referenceImages",
    "caption": "inputImage inputImages",
    "upscale": "inputImage",
    "removeBackground": "inputImage",
    "imageMasking": "inputImage",
    "controlNetPreprocess": "inputImage",
    "vectorize": "inputImage",
}
"""Members that older clients send at the top level of a task."""

SEEN_IN_RESULTS: dict[str, str] = {
    "imageInference": "inputImageUUID outputs resultIndex structuredPrompt",
    "videoInference": "mediaURL mediaUUID outputs resultIndex",
    "audioInference": "resultIndex videoURL videoUUID",
    "textInference": "reasoningContent resultIndex thoughtSignature tools",
    "removeBackground": "inputImageUUID",
    "upscale": "inputImageUUID",
}
"""Additional members that were seen in results."""
