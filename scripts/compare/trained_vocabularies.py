"""What Hugging Face's trainers learn from the corpus of a data folder, for trained-vocabularies.ts to compare with.

Run: python scripts/compare/trained_vocabularies.py DATA SCRATCH && npx tsx scripts/compare/trained-vocabularies.ts DATA SCRATCH

Writes SCRATCH/trained/NAME.json: [family, settings, tokenizer.json, tokenizer.json of a second training]. The second shows
where the reference's own result is not defined. Needs tokenizers 0.23.2; some minutes.
"""

import json
import pathlib
import sys

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

DATA, SCRATCH = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) / "trained"
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]


def texts() -> list[str]:
    """A text a line, without the line breaks, which training from files would count."""
    files = sorted((DATA / "corpus").glob("*.txt"))
    return [line for file in files for line in file.read_text(encoding="utf-8").split("\n")]


def wordpiece(size: int, lowercase: bool) -> tuple[Tokenizer, object, dict]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=2, limit_alphabet=1000, special_tokens=BERT, show_progress=False
    )
    return tokenizer, trainer, {"vocabSize": size, "lowercase": lowercase}


def bpe(size: int) -> tuple[Tokenizer, object, dict]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, special_tokens=ROBERTA, initial_alphabet=alphabet, show_progress=False
    )
    return tokenizer, trainer, {"vocabSize": size}


def unigram(size: int) -> tuple[Tokenizer, object, dict]:
    tokenizer = Tokenizer(models.Unigram())
    steps = [normalizers.Nmt(), normalizers.NFKC(), normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=size, special_tokens=ROBERTA, unk_token="<unk>", show_progress=False
    )
    return tokenizer, trainer, {"vocabSize": size}


TRAININGS = {
    "wordpiece-8k": ("wordpiece", lambda: wordpiece(8000, True)),
    "wordpiece-30k": ("wordpiece", lambda: wordpiece(30522, True)),
    "wordpiece-cased-8k": ("wordpiece", lambda: wordpiece(8000, False)),
    "bpe-8k": ("bpe", lambda: bpe(8000)),
    "bpe-30k": ("bpe", lambda: bpe(30000)),
    "unigram-8k": ("unigram", lambda: unigram(8000)),
    "unigram-30k": ("unigram", lambda: unigram(30000)),
}


def main() -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for name, (family, make) in TRAININGS.items():
        made = []
        for _ in range(2):
            tokenizer, trainer, settings = make()
            tokenizer.train_from_iterator(texts(), trainer)
            made.append(json.loads(tokenizer.to_str()))
        (SCRATCH / f"{name}.json").write_text(json.dumps([family, settings, *made], ensure_ascii=False), encoding="utf-8")
        print(name, flush=True)


main()
