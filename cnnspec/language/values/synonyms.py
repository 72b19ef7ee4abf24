"""Words of other frameworks -> this language's, for suggestions only: a spec that uses them is still mistaken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_KINDS = {
    "conv": "conv1d conv2d convolution convolution2d pointwiseconv pointwiseconv2d",
    "deconv": "convtranspose convtranspose2d conv2dtranspose transposedconv deconvolution upconv",
    "dense": "linear fc fullyconnected innerproduct",
    "maxpool": "pool pooling pool2d maxpool2d maxpooling maxpooling2d",
    "avgpool": "avgpool2d averagepool averagepool2d averagepooling averagepooling2d meanpool avgpooling",
    "adaptiveavgpool": "adaptiveavgpool2d adaptiveaveragepool adaptiveaveragepooling2d",
    "adaptivemaxpool": "adaptivemaxpool2d adaptivemaxpooling2d",
    "globalavgpool": "gap globalavgpool2d globalaveragepool globalaveragepooling globalaveragepooling2d",
    "globalmaxpool": "gmp globalmaxpool2d globalmaxpooling globalmaxpooling2d",
    "batchnorm": "bn batchnorm1d batchnorm2d batchnormalization spatialbatchnorm syncbatchnorm",
    "layernorm": "ln layernorm2d layernormalization",
    "groupnorm": "gn groupnormalization",
    "instancenorm": "instancenorm2d instancenormalization",
    "lrn": "localresponsenorm localresponsenormalization",
    "dropout": "dropout1d dropout2d spatialdropout spatialdropout2d",
    "droppath": "stochasticdepth",
    "silu": "swish",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "leakyrelu": "lrelu leaky",
    "thresholdedrelu": "threshold",
    "clip": "clamp",
    "exp": "exponential",
    "abs": "absolute",
    "sqrt": "squareroot",
    "softmax": "softmax2d",
    "concat": "concatenate cat merge",
    "add": "sum plus residual shortcut skip eltwise",
    "mul": "multiply times",
    "max": "maximum maxout",
    "mean": "average",
    "min": "minimum",
    "sub": "subtract",
    "div": "divide",
    "upsample": "upsampling upsampling2d upsamplingnearest2d upsamplingbilinear2d",
    "resize": "interpolate resizing interpolation",
    "pad": "padding zeropad zeropadding zeropadding2d zeropad2d",
    "crop": "cropping cropping2d centercrop",
    "permute": "transpose",
    "pixelshuffle": "depthtospace subpixel",
    "pixelunshuffle": "spacetodepth",
    "rmsnorm": "rms rmsnormalization",
    "reshape": "view unflatten",
    "identity": "noop passthrough",
    "scale": "layerscale",
}
_FIELDS = {
    "F": "kernel kernelsize kernelshape filtersize poolsize window windowsize size ksize",
    "K": "filters channels units outchannels outfeatures numoutput numfilters outputs features neurons depth",
    "S": "stride strides step",
    "P": "padding pad pads",
    "D": "dilation dilationrate dilations",
    "G": "groups group numgroups",
    "C": "channels channel depth inchannels planes",
    "H": "height rows",
    "W": "width columns cols",
    "extra": "outputpadding adj",
    "count_padding": "countincludepad",
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
    "style": "init initialisation initialization kernelinitializer",
}
_WORDS = {
    "gray": "grayscale greyscale grey l mono",
    "rgb": "color colour",
    "nearest": "nearestneighbor nearestneighbour",
    "bilinear": "linear",
    "cross_entropy": "crossentropy crossentropyloss categoricalcrossentropy sparsecategoricalcrossentropy ce",
    "binary_cross_entropy": "binarycrossentropy bce bcewithlogits bceloss",
    "mse": "meansquarederror mseloss l2",
    "cosine": "cosineannealing cosineannealinglr cosinedecay",
    "one-cycle": "onecyclelr 1cycle",
    "step": "steplr",
    "he": "kaiming kaimingnormal henormal msra",
    "glorot": "xavier glorotuniform xavieruniform",
    "lecun": "lecunnormal",
}
_SAID_ELSEWHERE = {
    "activation": "a layer of its own, on the next line: `- relu`",
    "act": "a layer of its own, on the next line: `- relu`",
    "kernelregularizer": "`train: {decay: ...}` holds for all weights",
}
"""Fields of others whose meaning is written in another form here."""
_FLAGS = {"ceilmode": ("rounding", {"true": "ceil", "false": "floor"})}
"""Fields of others that are true or false, and what they are here."""
_KNOWN_HERE = frozenset(
    "inchannels infeatures inputdim inputshape inputsize inputchannels numfeatures normalizedshape numparameters "  # noqa: SIM905
    "dataformat nin cin".split()
)
"""Fields of others that follow here from what arrives."""
_OTHERS = {
    "rrelu": "when running it is `leakyrelu: {slope: 0.229}`; a random slope while training there is not",
    "crelu": "",
    "glu": "",
    "hardtanh": "it is `clip: {min: -1, max: 1}`",
    "softmin": "",
    "logsigmoid": "",
    "quickgelu": "",
    "minpool": "",
    "lppool": "for p = 2 it is `l2pool`",
    "maxunpool": "",
    "fractionalmaxpool": "",
    "depthwiseconv": "it is `conv: {F: ..., K: C, G: C}`",
    "separableconv": "it is two layers: `conv: {F: ..., K: C, G: C}`, then `conv: {F: 1, K: ...}`",
    "conv3d": "images here have rows and columns alone",
    "alphadropout": "",
    "dropblock": "",
    "reflectionpad": "it is `pad` with `mode: reflect`",
    "replicationpad": "it is `pad` with `mode: edge`",
    "constantpad": "it is `pad` with a `value`",
    "activation": "each has its own name: `- relu`",
    "input": "the tensor that arrives stands at the top: `input: {C: 3, H: 224, W: 224}`",
    "sequential": "`layers` is one; several layers under one name are a block: see `blocks`",
    "lstm": "",
    "gru": "",
    "rnn": "",
    "embedding": "",
    "attention": "",
}
"""Layers of others that are none of ours, with what comes nearest, where anything does."""


_LOOSE = frozenset(
    "pool pooling pool2d conv1d leaky merge residual shortcut skip eltwise interpolate resize transpose view window "  # noqa: SIM905
    "size step features alpha gamma scale rate split order axes every depth l l2 color "
    "colour".split()
)
"""Words that mean several things, or something near."""


def is_exact(word: str, ours: str) -> bool:
    """Whether another framework's `word` can only stand for `ours`, a kind, a field or a word."""
    theirs = f"{_KINDS.get(ours, '')} {_FIELDS.get(ours, '')} {_WORDS.get(ours, '')}".split()
    return bare(word) in theirs and bare(word) not in _LOOSE


def kind(word: str) -> str | None:
    """The layer kind that another framework calls `word`."""
    return _meant(word, _KINDS)


def field(word: str, known: Iterable[str]) -> str | None:
    """The field among those `known` that another framework calls `word`."""
    return _meant(word, {ours: _FIELDS[ours] for ours in known if ours in _FIELDS})


def value(word: str, known: Iterable[str]) -> str | None:
    """The word among those `known` that another framework calls `word`."""
    return _meant(word, {ours: _WORDS[ours] for ours in known if ours in _WORDS})


def nearest(word: str) -> str | None:
    """Of a layer of other frameworks that there is not here, what comes nearest, in words; None for any other word."""
    plain = bare(word)
    for known in (
        plain,
        plain.removesuffix("2d"),
        plain.removesuffix("1d"),
        plain.removesuffix("2d").replace("ing", ""),
    ):
        if known in _OTHERS:
            return _OTHERS[known] or "there is no layer that computes it"
    return _OTHERS["conv3d"] if plain.endswith("3d") else None


def elsewhere(word: str) -> str | None:
    """Where that is said which another framework says in a field `word`; None for any other word."""
    if bare(word) in _KNOWN_HERE:
        return "leave it out: it follows from what arrives"
    return _SAID_ELSEWHERE.get(bare(word))


def flag(word: str, value: str) -> tuple[str, str] | None:
    """The field and the value that stand here for another framework's field which is true or false."""
    field, values = _FLAGS.get(bare(word), ("", {}))
    return (field, values[value]) if value in values else None


def _meant(word: str, table: Mapping[str, str]) -> str | None:
    return next((ours for ours, theirs in table.items() if bare(word) in theirs.split()), None)


def bare(word: str) -> str:
    """A word without its case and joints: `batch_norm`, `BatchNorm` and `batch-norm` are one."""
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")
