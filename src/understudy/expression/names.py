"""The names of expressions: the 52 of ARKit's blend shapes, and which of them a mesh can tell."""

from __future__ import annotations

# sides are the person's own, as in ARKit: Left is the picture's right
EYES = ("eyeBlinkLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight")
BROWS = ("browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight")
JAW = ("jawOpen", "jawLeft", "jawRight")
MOUTH = (
    "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight",
    "mouthPucker", "mouthFunnel", "mouthRollLower", "mouthRollUpper",
    "mouthLeft", "mouthRight", "mouthClose",
)  # fmt: skip

# read from the mesh by the basis, in its order
MESH_NAMES = (*BROWS, *EYES, *JAW, *MOUTH)

# read from the irises
GAZE_NAMES = (
    "eyeLookUpLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft",
    "eyeLookUpRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight",
)  # fmt: skip

READABLE = (*MESH_NAMES, *GAZE_NAMES)

# those that are left out, and why: a number that is a guess is worse than none
UNREADABLE = {
    "cheekPuff": "the mesh keeps cheeks flat: it hardly tells their depth",
    "cheekSquintLeft": "in the mesh the same as a smile with narrowed eyes",
    "cheekSquintRight": "in the mesh the same as a smile with narrowed eyes",
    "jawForward": "depth, which a single picture does not give",
    "mouthDimpleLeft": "in the mesh the same as a smile or a stretch",
    "mouthDimpleRight": "in the mesh the same as a smile or a stretch",
    "mouthPressLeft": "in the mesh the same as both lips rolled in",
    "mouthPressRight": "in the mesh the same as both lips rolled in",
    "mouthShrugLower": "in the mesh the same as a jaw that closes and a lip that rolls in",
    "mouthShrugUpper": "in the mesh the same as mouthUpperUp on both sides",
    "noseSneerLeft": "the mesh hardly moves there: r with the truth 0.3",
    "noseSneerRight": "the mesh hardly moves there: r with the truth 0.3",
    "tongueOut": "the mesh has no tongue",
}
