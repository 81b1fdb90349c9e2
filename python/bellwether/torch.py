"""QuantumSoftmax for PyTorch, as a `torch.autograd.Function`."""

import torch

from ._bellwether import softmax as _softmax
from ._bellwether import softmax_with_gradient as _both


class QuantumSoftmax(torch.autograd.Function):
    """Measurements `[.., m, d, d]` of complex logits `[.., m, d, d]`, Algorithm 1; computed on the host in double precision."""

    @staticmethod
    def forward(ctx, logits):
        ctx.save_for_backward(logits)
        povm = torch.from_numpy(_softmax(logits.detach().cpu().numpy()))
        return povm.to(device=logits.device, dtype=torch.promote_types(logits.dtype, torch.complex64))

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, cotangent):
        (logits,) = ctx.saved_tensors
        # PyTorch's gradients are dL/dRe + i dL/dIm, as ours
        _, gradient = _both(logits.detach().cpu().numpy(), cotangent.cpu().numpy())
        gradient = torch.from_numpy(gradient)
        gradient = gradient if logits.is_complex() else gradient.real
        return gradient.to(device=logits.device, dtype=logits.dtype)


def softmax(logits):
    """The measurements of complex logits, Algorithm 1."""
    return QuantumSoftmax.apply(logits)
