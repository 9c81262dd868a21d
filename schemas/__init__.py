"""JSON Schemas (2020-12) of the COCO tasks and results formats: structure only."""
