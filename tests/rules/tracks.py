"""Cases for the rules on tracks and other attributes of CVAT and Encord."""

from __future__ import annotations

from typing import Any

from tests.support.cases import Case


def attributes(*values: dict[str, Any]) -> dict[str, Any]:
    return {f"/annotations/{row}/attributes": value for row, value in enumerate(values)}


CVAT = {"occluded": False, "keyframe": True, "rotation": 0.0, "track_id": 7}
ENCORD = {"encord_track_uuid": "Ab1", "manual_annotation": True, "classifications": {}, "track_id": 1}

CASES = [
    Case("attribute-type", "text for true or false", 1, attributes({"occluded": "false"})),
    Case("attribute-type", "several at once", 4,
         attributes({"keyframe": 1, "rotation": "0", "track_id": [1], "colour": 1}, {"encord_track_uuid": 5})),
    Case("attribute-type", "what CVAT and Encord write", edit=attributes(CVAT, ENCORD)),
    Case("attribute-type", "null and other names", edit=attributes({"occluded": None, "truncated": "no", "track_id": "a"})),
    Case("track-category-conflict", "two classes in one track", 1, attributes({"track_id": 7}, {"track_id": 7})),
    Case("track-category-conflict", "two classes in one track of Encord", 1,
         attributes({"encord_track_uuid": "a"}, {"encord_track_uuid": "a"})),
    Case("track-category-conflict", "two tracks", edit=attributes({"track_id": 7}, {"track_id": 8}, {"track_id": 7})),
    Case("track-category-conflict", "a number and its text", edit=attributes({"track_id": 7}, {"track_id": "7"})),
    Case("track-frame-duplicate", "twice in one image", 1, attributes({"track_id": 0}, {"track_id": 0})),
    Case("track-frame-duplicate", "in two images", edit=attributes({"track_id": 0}, {"track_id": 1}, {"track_id": 0})),
    Case("track-frame-duplicate", "no tracks", edit=attributes({}, {}, {"track_id": None})),
    Case("track-in-attributes", "a track over two images", 1, attributes({"track_id": 3}, {}, {"track_id": 3})),
    Case("track-in-attributes", "tracks of one image each", edit=attributes({"track_id": 3}, {"track_id": 4})),
    Case("occluded-keypoints-visible", "all points have v = 2", 1, task="person_keypoints",
         edit={"/annotations/0/attributes": {"occluded": True}, "/annotations/0/keypoints/5": 2}),
    Case("occluded-keypoints-visible", "a point has v = 1", task="person_keypoints", edit=attributes({"occluded": True})),
    Case("occluded-keypoints-visible", "not occluded", task="person_keypoints",
         edit={"/annotations/0/attributes": {"occluded": False}, "/annotations/0/keypoints/5": 2}),
]  # fmt: skip
