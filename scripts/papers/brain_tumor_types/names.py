"""Names of brain_tumor_types: tumour types, networks, splits, maps, as tables and figures print them."""

from __future__ import annotations

TYPES = ("glioma", "meningioma", "pituitary")  # in the order of the classes
TYPE_LABELS = {"glioma": "Glioma", "meningioma": "Meningioma", "pituitary": "Pituitary tumour"}
MODEL_LABELS = {
    "cnn": "Six-convolution CNN",
    "vgg16": "VGG16, transfer",
    "encoder": "UNet encoder",
}
SCHEME_LABELS = {"patient": "By patient", "slice": "By slice (the paper's way)"}
METHOD_LABELS = {
    "gradient": "Gradient",
    "integrated_gradients": "Integrated gradients",
    "grad_cam": "Grad-CAM",
    "unet": "Joined UNet",
}
SIDE_LABELS = {"whole": "Whole UNet", "right": "Right side only", "left": "Left side only"}
