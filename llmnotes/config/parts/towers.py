"""Which tower a configuration means, and the defaults of its class in transformers 5.24.0."""

from llmnotes.config.parts import remote, vision

CLIP = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "image_size": 224,
    "patch_size": 32,
}
SIGLIP = CLIP | {"patch_size": 16}
SO400M = SIGLIP | {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}
IDEFICS3 = CLIP | {"hidden_size": 1152, "num_attention_heads": 16}
QWEN25 = {
    "depth": 32,
    "hidden_size": 3584,
    "intermediate_size": 3420,
    "num_heads": 16,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 3584,
    "window_size": 112,
    "fullatt_block_indexes": [7, 15, 23, 31],
}
QWEN35 = QWEN25 | {
    "depth": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "patch_size": 16,
    "num_position_embeddings": 2304,
}
QWEN3 = QWEN35 | {"deepstack_visual_indexes": [8, 16, 24]}
GLM4V = {
    "depth": 24,
    "hidden_size": 1536,
    "intermediate_size": 13696,
    "num_heads": 12,
    "image_size": 336,
    "patch_size": 14,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
    "out_hidden_size": 4096,
}
GLM_OCR = GLM4V | {"hidden_size": 1024, "intermediate_size": 4096, "num_heads": 16, "out_hidden_size": 1536}
MOONVIT = {
    "patch_size": 14,
    "pos_emb_height": 64,
    "pos_emb_width": 64,
    "num_hidden_layers": 27,
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "merge_kernel_size": [2, 2],
}
INTERNVL = vision.CLIP_L | {"image_size": 448, "norm_type": "layer_norm"}
MINICPM = SIGLIP | {"window_kernel_size": [2, 2]}
BLIP2 = {
    "hidden_size": 1408,
    "intermediate_size": 6144,
    "num_hidden_layers": 39,
    "image_size": 224,
    "patch_size": 14,
}

# `model_type` of a vision configuration -> what reads it, and the defaults of its class in transformers 5.24.0.
TOWERS: dict[str, tuple[vision.Tower, dict]] = {
    "blip_2_vision_model": (vision.blip2, BLIP2),
    "clip_vision_model": (vision.clip, CLIP),
    "exaone4_5_vision": (vision.qwen25_vl, QWEN25 | {"num_key_value_heads": 8}),
    "gemma3n_vision": (vision.gemma3n, {"hidden_size": 2048, "vocab_size": 128}),
    "gemma4_unified_vision": (
        vision.gemma4_unified,
        {"patch_size": 16, "pooling_kernel_size": 3, "mm_embed_dim": 3840, "mm_posemb_size": 1120},
    ),
    "gemma4_vision": (
        vision.gemma4,
        {
            "hidden_size": 768,
            "intermediate_size": 3072,
            "num_hidden_layers": 16,
            "num_attention_heads": 12,
            "num_key_value_heads": 12,
            "head_dim": 64,
            "patch_size": 16,
            "position_embedding_size": 10240,
        },
    ),
    "glm4v_moe_vision": (vision.glm4v, GLM4V),
    "glm4v_vision": (vision.glm4v, GLM4V),
    "glm5_next_vision": (vision.glm_ocr, GLM_OCR | {"projection_intermediate_size": 10240}),
    "glm_ocr_vision": (vision.glm_ocr, GLM_OCR),
    "got_ocr2_vision": (vision.sam, vision.SAM | {"mlp_dim": 3072}),
    "idefics2_vision": (vision.idefics, CLIP),
    "idefics3_vision": (vision.idefics, IDEFICS3),
    "instructblip_vision_model": (vision.blip2, BLIP2),
    "instructblipvideo_vision_model": (vision.blip2, BLIP2),
    "intern_vit_6b": (vision.internvl, INTERNVL | {"qkv_bias": True}),
    "internvl_vision": (vision.internvl, INTERNVL),
    "janus_vision_model": (
        vision.janus,
        {
            "hidden_size": 1024,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "image_size": 384,
            "patch_size": 16,
        },
    ),
    "kimi_k25_vision": (vision.moonvit, MOONVIT),
    "kimi_k3_vision": (
        vision.moonvit3,
        {
            "patch_size": 14,
            "init_pos_emb_height": 64,
            "init_pos_emb_width": 64,
            "vt_hidden_size": 1024,
            "vt_intermediate_size": 4096,
            "vt_num_hidden_layers": 27,
            "qkv_hidden_size": 1536,
            "merge_kernel_size": [2, 2],
        },
    ),
    "lfm3_vl_vision": (
        vision.lfm3,
        {
            "hidden_size": 1024,
            "intermediate_size": 2560,
            "patch_size": 16,
            "temporal_patch_size": 2,
            "num_hidden_layers": 14,
            "num_attention_heads": 16,
            "num_key_value_heads": 8,
            "conv_kernel_size": 3,
        },
    ),
    "llama4_vision_model": (
        vision.llama4,
        {
            "hidden_size": 768,
            "intermediate_size": 5632,
            "num_hidden_layers": 34,
            "image_size": 448,
            "patch_size": 14,
            "projector_input_dim": 4096,
            "projector_output_dim": 4096,
            "vision_output_dim": 7680,
        },
    ),
    "minicpm_ocr_vision": (vision.merged_siglip, MINICPM),
    "minicpmv4_6_vision": (vision.merged_siglip, MINICPM),
    "minicpmv4_7_vision": (vision.merged_siglip, MINICPM),
    "minimax_m3_vl_vision": (
        vision.minimax_m3,
        {
            "hidden_size": 1280,
            "intermediate_size": 5120,
            "num_hidden_layers": 32,
            "patch_size": 14,
            "temporal_patch_size": 2,
            "spatial_merge_size": 2,
        },
    ),
    "mllama_vision_model": (
        vision.mllama,
        {
            "hidden_size": 1280,
            "intermediate_size": 5120,
            "num_hidden_layers": 32,
            "num_global_layers": 8,
            "image_size": 448,
            "patch_size": 14,
            "max_num_tiles": 4,
            "vision_output_dim": 7680,
            "supported_aspect_ratios": [[1, 1], [1, 2], [1, 3], [1, 4], [2, 1], [2, 2], [3, 1], [4, 1]],
        },
    ),
    "molmo_vision": (remote.molmo, {}),
    "molmo2_vision": (
        vision.molmo2,
        {
            "hidden_size": 1152,
            "intermediate_size": 4304,
            "num_hidden_layers": 25,
            "num_attention_heads": 16,
            "num_key_value_heads": 16,
            "head_dim": 72,
            "patch_size": 14,
            "num_position_embeddings": 729,
        },
    ),
    "moonvit": (vision.moonvit, MOONVIT),
    "muse_glimmer_vision": (
        vision.muse,
        {
            "hidden_size": 1536,
            "intermediate_size": 8960,
            "num_hidden_layers": 50,
            "patch_size": 14,
            "patch_temporal": 2,
            "merge_size": 2,
            "max_position_embeddings": 1024,
        },
    ),
    "ovis2_vision": (
        vision.ovis2,
        {
            "hidden_size": 1024,
            "intermediate_size": 2816,
            "num_hidden_layers": 24,
            "image_size": 224,
            "patch_size": 14,
            "vocab_size": 16384,
            "hidden_stride": 1,
            "num_visual_indicator_tokens": 5,
        },
    ),
    "paddleocr_vl_vision": (vision.idefics, SO400M | {"spatial_merge_size": 2}),
    "phi4_multimodal_vision": (vision.siglip, SO400M | {"image_size": 448}),
    "pixtral": (vision.pixtral, vision.CLIP_L | {"patch_size": 16}),
    "pp_chart2table_vision": (vision.sam, vision.SAM | {"mlp_dim": 3072}),
    "qianfan_ocr_vision": (vision.internvl, INTERNVL | {"attention_bias": True}),
    "qwen2_5_omni_vision_encoder": (vision.qwen25_vl, QWEN25),
    "qwen2_5_vl_vision": (vision.qwen25_vl, QWEN25),
    "qwen2_vl_vision": (
        vision.qwen2_vl,
        {
            "depth": 32,
            "embed_dim": 1280,
            "hidden_size": 3584,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
        },
    ),
    "qwen3_5_moe_vision": (vision.qwen35, QWEN35),
    "qwen3_5_vision": (vision.qwen35, QWEN35),
    "qwen3_omni_moe_vision_encoder": (vision.qwen3_vl, QWEN3),
    "qwen3_vl_moe_vision": (vision.qwen3_vl, QWEN3),
    "qwen3_vl_vision": (vision.qwen3_vl, QWEN3),
    "qwen4_exp_vision": (vision.qwen35, QWEN35),
    "ernie4_5_vl_moe_vision": (
        vision.ernie,
        {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 5120,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_merge_size": 2,
        },
    ),
    "qwen_vl_vision": (remote.qwen_vl, {}),
    "radio": (
        vision.radio,
        {
            "hidden_size": 1280,
            "num_hidden_layers": 32,
            "patch_size": 16,
            "max_img_size": 2048,
            "num_cls_tokens": 3,
            "num_registers": 7,
            "video_temporal_patch_size": 2,
        },
    ),
    "sam_vision_model": (vision.sam, vision.SAM),
    "siglip2_vision_model": (vision.siglip2, SIGLIP | {"num_patches": 256}),
    "siglip_vision_model": (vision.siglip, SIGLIP),
    "smolvlm_vision": (vision.idefics, IDEFICS3),
    "step3p5_vision": (
        vision.step3,
        {"hidden_size": 1536, "num_hidden_layers": 47, "image_size": 728, "patch_size": 14},
    ),
    "unlimited_ocr_vision": (vision.deepseek_ocr, {}),
    "video_llama_3_vision": (vision.positionless_siglip, SIGLIP),
}
