"""Words of other frameworks -> this language's, for suggestions only: a spec that uses them is still mistaken."""

from __future__ import annotations

_KINDS = {
    "conv": "conv conv1d conv2d convolution convolution2d depthwiseconv2d",
    "deconv": "convtranspose convtranspose2d conv2dtranspose transposedconv deconvolution upconv",
    "dense": "linear fc fullyconnected innerproduct",
    "maxpool": "pool pooling pool2d maxpool2d maxpooling maxpooling2d",
    "avgpool": "avgpool2d averagepool averagepooling averagepooling2d meanpool",
    "adaptiveavgpool": "adaptiveavgpool2d adaptiveaveragepooling2d",
    "globalavgpool": "gap globalaveragepool globalaveragepooling globalaveragepooling2d",
    "globalmaxpool": "gmp globalmaxpooling globalmaxpooling2d",
    "batchnorm": "bn batchnorm2d batchnormalization spatialbatchnorm",
    "layernorm": "ln layernormalization",
    "groupnorm": "gn groupnormalization",
    "instancenorm": "instancenorm2d instancenormalization",
    "lrn": "localresponsenorm localresponsenormalization",
    "dropout": "dropout2d spatialdropout2d",
    "droppath": "stochasticdepth",
    "silu": "swish",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "leakyrelu": "lrelu leaky",
    "concat": "concatenate cat merge",
    "add": "sum plus residual shortcut skip eltwise",
    "mul": "multiply times",
    "upsample": "upsampling upsampling2d interpolate resize",
    "pad": "padding zeropadding zeropadding2d zeropad2d",
    "crop": "cropping cropping2d centercrop",
    "permute": "transpose",
    "pixelshuffle": "depthtospace",
    "reshape": "view unflatten",
    "identity": "noop passthrough",
}
_FIELDS = {
    "F": "kernel kernelsize filtersize poolsize window windowsize size ksize",
    "K": "filters channels units outchannels outfeatures numoutput numfilters outputs features neurons",
    "S": "stride strides step",
    "P": "padding pad pads",
    "D": "dilation dilationrate dilations",
    "G": "groups group numgroups",
    "bias": "usebias biasterm",
    "eps": "epsilon",
    "p": "rate prob probability",
    "slope": "alpha negativeslope",
    "factor": "scalefactor scale upscalefactor size gamma",
    "mode": "interpolation",
    "order": "dims perm axes",
    "out": "outputsize",
    "rate": "lr learningrate",
    "decay": "weightdecay wd l2",
    "batch": "batchsize",
    "epochs": "maxepochs numepochs",
    "smoothing": "labelsmoothing",
    "clip": "gradclip clipnorm maxnorm gradientclipping",
    "patience": "earlystopping",
    "validation": "split validationsplit valsplit holdout",
    "schedule": "scheduler lrscheduler",
    "warmup": "warmupepochs",
    "every": "stepsize",
    "augment": "augmentation augmentations transforms",
    "optimizer": "optimiser optim",
    "style": "init initialisation initialization",
}


_LOOSE = frozenset(
    "pool pooling pool2d conv1d leaky merge residual shortcut skip eltwise interpolate resize transpose view window "  # noqa: SIM905
    "size step features alpha gamma scale rate split order axes every".split()
)
"""Words that mean several things, or something near."""


def is_exact(word: str, ours: str) -> bool:
    """Whether another framework's `word` can only stand for `ours`, a kind or a field."""
    theirs = f"{_KINDS.get(ours, '')} {_FIELDS.get(ours, '')}".split()
    return _bare(word) in theirs and _bare(word) not in _LOOSE


def kind(word: str) -> str | None:
    """The layer kind that another framework calls `word`."""
    return _meant(word, _KINDS)


def field(word: str, known: list[str]) -> str | None:
    """The field among those `known` that another framework calls `word`."""
    return _meant(word, {ours: theirs for ours, theirs in _FIELDS.items() if ours in known})


def _meant(word: str, table: dict[str, str]) -> str | None:
    return next((ours for ours, theirs in table.items() if _bare(word) in theirs.split()), None)


def _bare(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "")
