"""transformers' side of the comparison on real data: one training with its Trainer, fp32 on the CPU.

Reads one JSON line, a FinetuneRequest of protocol.ts, and answers with one, a FinetuneAnswer. The Trainer is the stock one:
its sequential sampler runs over the training examples in the order of steps.json, epoch behind epoch, so that its batches are
those of the other side; a collator of transformers pads each batch to its longest sequence. Only with "check" a subclass notes
the loss of each step, and computes that of answers without the logits of padding, as the other side does.
"""
import json
import os
import platform
import sys
import tempfile
import time

request = json.loads(sys.stdin.readline())
answers, sys.stdout = sys.stdout, sys.stderr  # the Trainer prints its log, which is no answer
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
try:
    import accelerate
    import numpy
    import torch
    import transformers
    from transformers import Trainer
except ModuleNotFoundError as error:
    print(json.dumps({"missing": f"has no module {error.name}"}), file=answers, flush=True)
    sys.exit(0)

transformers.logging.set_verbosity_error()
torch.set_num_threads(request["threads"])
task, folder, settings = request["task"], request["folder"], request["settings"]

with open(os.path.join(folder, "features.json")) as file:
    features = json.load(file)
with open(os.path.join(folder, "steps.json")) as file:
    steps = json.load(file)
for feature in features["train"] + features["eval"]:
    feature["attention_mask"] = [1] * len(feature["input_ids"])
    if task == "regression":
        feature["labels"] = float(feature["labels"])

model_class = {
    "text-classification": transformers.AutoModelForSequenceClassification,
    "regression": transformers.AutoModelForSequenceClassification,
    "token-classification": transformers.AutoModelForTokenClassification,
    "question-answering": transformers.AutoModelForQuestionAnswering,
}[task]
no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "classifier_dropout": 0.0}
model, loading = model_class.from_pretrained(
    folder, dtype=torch.float32, output_loading_info=True, **({} if settings["dropout"] else no_dropout)
)
fresh = sorted(loading["missing_keys"])
if fresh:
    raise SystemExit(f"the folder has no weights for {', '.join(fresh)}")
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
tags = task == "token-classification"
collator = (
    transformers.DataCollatorForTokenClassification(tokenizer) if tags else transformers.DataCollatorWithPadding(tokenizer)
)
losses = []


class CheckedTrainer(Trainer):
    """Notes each loss; that of answers without the logits of padding."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss, outputs = super().compute_loss(model, inputs, True, num_items_in_batch)
        if task == "question-answering":
            padding = inputs["attention_mask"] == 0
            sides = [(outputs.start_logits, "start_positions"), (outputs.end_logits, "end_positions")]
            loss = sum(
                torch.nn.functional.cross_entropy(logits.masked_fill(padding, float("-inf")), inputs[name]) / 2
                for logits, name in sides
            )
        losses.append(loss.item())
        return (loss, outputs) if return_outputs else loss


with tempfile.TemporaryDirectory() as output:
    arguments = transformers.TrainingArguments(
        output_dir=output,
        use_cpu=True,
        per_device_train_batch_size=settings["batchSize"],
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        learning_rate=settings["learningRate"],
        lr_scheduler_type="linear",
        warmup_steps=settings["warmupSteps"],
        weight_decay=settings["weightDecay"],
        max_grad_norm=settings["maxGradNorm"],
        seed=settings["seed"],
        eval_strategy="no",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_num_workers=0,
        remove_unused_columns=False,
    )
    trainer = (CheckedTrainer if request.get("check") else Trainer)(
        model=model,
        args=arguments,
        train_dataset=[features["train"][index] for step in steps for index in step],
        data_collator=collator,
        processing_class=tokenizer,
    )
    start = time.perf_counter()
    trainer.train()
    seconds = time.perf_counter() - start
if trainer.state.global_step != len(steps):
    raise SystemExit(f"the Trainer took {trainer.state.global_step} steps, planned were {len(steps)}")


def evaluation_logits():
    """The rows of each evaluation example, as FinetuneAnswer says."""
    rows = [None] * len(features["eval"])
    order = sorted(range(len(rows)), key=lambda i: len(features["eval"][i]["input_ids"]))
    model.eval()
    for begin in range(0, len(order), 32):
        chosen = order[begin : begin + 32]
        batch = collator([dict(features["eval"][index]) for index in chosen])
        with torch.no_grad():
            outputs = model(**batch)
        if task == "question-answering":
            logits = torch.stack([outputs.start_logits, outputs.end_logits], dim=-1)
        else:
            logits = outputs.logits
        for place, index in enumerate(chosen):
            row = logits[place]
            if tags:
                row = row[batch["labels"][place] != -100]
            elif task == "question-answering":
                row = row[: len(features["eval"][index]["input_ids"])]
            rows[index] = row.reshape(-1).numpy()
    return numpy.concatenate(rows).astype("<f4")


if request.get("logitsFile"):
    evaluation_logits().tofile(request["logitsFile"])
answer = {
    "versions": {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "accelerate": accelerate.__version__,
        "attention": str(model.config._attn_implementation),
        "optimizer": str(arguments.optim.value if hasattr(arguments.optim, "value") else arguments.optim),
    },
    "threads": torch.get_num_threads(),
    "parameters": sum(p.numel() for p in model.parameters()),
    "seconds": seconds,
    **({"losses": losses} if request.get("check") else {}),
}
print(json.dumps(answer), file=answers, flush=True)
