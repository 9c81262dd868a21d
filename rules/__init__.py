"""The rules, one module per family. The engine finds every module in this folder by itself."""
