"""The first bytes of weight files, which name every tensor: GGUF and safetensors, read by small readers with bounds."""
