"""PyTorch's side of the training-step benchmark: one BERT step a line of standard input.

Reads JSON lines. The first is the set-up {"task": "sequence-classification" | "masked-lm", "config": {...}, "threads": 2,
"precision": "fp32" | "bf16"}; each further one a batch {"ids": [[...]], "labels": [...]} of unpadded sequences, padded
here to the longest as transformers' collator does, before the clock starts. Labels are classes, or for "masked-lm" lists
like the ids with -100 where nothing is to be predicted; transformers computes the logits of all positions. Answers the first with versions and the number of parameters, or {"missing": ...}, and each
batch with {"seconds": ..., "loss": ..., "peakBytes": ...}.
"""
import json
import platform
import resource
import sys
import time

setup = json.loads(sys.stdin.readline())
try:
    import torch
    import transformers
except ModuleNotFoundError as error:
    print(json.dumps({"missing": f"has no module {error.name}"}), flush=True)
    sys.exit(0)

torch.set_num_threads(setup["threads"])
torch.manual_seed(0)
config = transformers.BertConfig(
    hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1, num_labels=2, **setup["config"]
)
masked_lm = setup["task"] == "masked-lm"
model_class = transformers.BertForMaskedLM if masked_lm else transformers.BertForSequenceClassification
model = model_class(config).train()
plain = [p for n, p in model.named_parameters() if "bias" in n or "LayerNorm" in n]
decay = [p for n, p in model.named_parameters() if not ("bias" in n or "LayerNorm" in n)]
groups = [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-5, fused=True)  # the fastest there is, and the Trainer's default
versions = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    "transformers": transformers.__version__,
    "attention": str(model.config._attn_implementation),
}
parameters = sum(p.numel() for p in model.parameters())
print(json.dumps({"versions": versions, "threads": torch.get_num_threads(), "parameters": parameters}), flush=True)

# The unit of ru_maxrss: kilobytes, but bytes on macOS.
rss_unit = 1 if sys.platform == "darwin" else 1024


def pad(rows, length, value=0):
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])


for line in sys.stdin:
    batch = json.loads(line)
    longest = max(len(row) for row in batch["ids"])
    inputs = {
        "input_ids": pad(batch["ids"], longest),
        "token_type_ids": pad([[0] * len(row) for row in batch["ids"]], longest),
        "attention_mask": pad([[1] * len(row) for row in batch["ids"]], longest),
        "labels": pad(batch["labels"], longest, -100) if masked_lm else torch.tensor(batch["labels"]),
    }
    start = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=setup["precision"] == "bf16"):
        loss = model(**inputs).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    value = loss.item()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * rss_unit
    print(json.dumps({"seconds": seconds, "loss": value, "peakBytes": peak}), flush=True)
