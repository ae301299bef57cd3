"""What Hugging Face's tokenizers answers for all texts of a data folder, for tokenizer-answers.ts to compare with.

Run: python scripts/compare/tokenizer_answers.py DATA SCRATCH | npx tsx scripts/compare/tokenizer-answers.ts

DATA holds xquad/, sst2/, wnut17/, wikitext2/, corpus/ and bert-base-uncased/tokenizer.json. Vocabularies of 8,000 tokens
are trained on its corpus once and kept in SCRATCH. A third argument names the families to run, with commas between them
(`all`, the default), a fourth takes every n-th text only.

Each case is two lines: what to do, and the answer. Needs tokenizers 0.23.2; its `encode` with truncation stops reading a
text after max_length tokens and so loses windows, which is why windows come from `post_process` of the full encodings.
Two more things of it are not ours on purpose (docs/tokenizers.md): what is cut on the left has its words counted from where
reading began, and segments of the second text are 1 in further windows where the template says 0. There the answer is put
right, and the case is marked `adjusted`, which is counted.
"""

import io
import json
import os
import pathlib
import sys

os.environ["RUST_BACKTRACE"] = "0"  # strides that are too long panic: one line each is enough

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

DATA, SCRATCH = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SIZE = 8000
EVERY = int(sys.argv[4]) if len(sys.argv) > 4 else 1


def bert_template(tokenizer: Tokenizer, cls: str, sep: str, second: int = 1, twice: bool = False):
    between = f" {sep}:{second}" if twice else ""
    return processors.TemplateProcessing(
        single=f"{cls}:0 $A:0 {sep}:0",
        pair=f"{cls}:0 $A:0 {sep}:0{between} $B:{second} {sep}:{second}",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (cls, sep)],
    )


def corpus() -> list[str]:
    return [str(file) for file in sorted((DATA / "corpus").glob("*.txt"))]


def wordpiece(lowercase: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train(corpus(), trainers.WordPieceTrainer(vocab_size=SIZE, special_tokens=BERT, show_progress=False))
    tokenizer.post_processor = bert_template(tokenizer, "[CLS]", "[SEP]")
    return tokenizer


def byte_level(prefix: bool, trim: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True, normalized=False)]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train(corpus(), trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")), trim, prefix
    )
    return tokenizer


def charsmap(rule: str) -> bytes:
    """The normalisation that sentencepiece puts into its models."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g h"] * 9), model_writer=model, vocab_size=12, normalization_rule_name=rule,
        hard_vocab_limit=False, minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def unigram(style: str) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    quotes = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    spaces = [normalizers.Precompiled(charsmap("nmt_nfkc")), normalizers.Replace(Regex(" {2,}"), " ")]
    if style == "albert":
        first = [*quotes, normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
        special = ["<pad>", "<unk>", "[CLS]", "[SEP]", AddedToken("[MASK]", lstrip=True, special=True, normalized=False)]
    else:
        first = []
        special = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True, normalized=False)]
    tokenizer.normalizer = normalizers.Sequence(first + spaces)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=SIZE, special_tokens=special, unk_token="<unk>", show_progress=False, max_piece_length=16
    )
    tokenizer.train(corpus(), trainer)
    cls, sep = ("[CLS]", "[SEP]") if style == "albert" else ("<s>", "</s>")
    second = 1 if style == "albert" else 0
    tokenizer.post_processor = bert_template(tokenizer, cls, sep, second, twice=style != "albert")
    return tokenizer


def word_level() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train(corpus(), trainers.WordLevelTrainer(vocab_size=SIZE, special_tokens=BERT, show_progress=False))
    tokenizer.post_processor = bert_template(tokenizer, "[CLS]", "[SEP]")
    return tokenizer


FAMILIES = {
    "bert-uncased": lambda: Tokenizer.from_file(str(DATA / "bert-base-uncased/tokenizer.json")),
    "bert-cased": lambda: wordpiece(lowercase=False),
    "wordpiece": lambda: wordpiece(lowercase=True),
    "roberta": lambda: byte_level(prefix=False, trim=True),
    "roberta-prefix": lambda: byte_level(prefix=True, trim=False),
    "xlm-roberta": lambda: unigram("xlm-roberta"),
    "albert": lambda: unigram("albert"),
    "wordlevel": word_level,
}


def lines(path: pathlib.Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")


def read_texts() -> tuple[list[tuple[str, list[str]]], list[tuple[str, str]], list[list[str]]]:
    """Texts by data set, questions with their contexts, and sentences as words."""
    texts, pairs = [], []
    for language in ["en", "de", "es", "zh"]:
        squad = json.loads((DATA / f"xquad/xquad.{language}.json").read_text(encoding="utf-8"))["data"]
        found = [(qa["question"], p["context"]) for a in squad for p in a["paragraphs"] for qa in p["qas"]]
        pairs += found
        texts.append((f"xquad.{language}", list(dict.fromkeys(text for pair in found for text in pair))))
    for name in ["train", "dev", "test"]:
        texts.append((f"sst2.{name}", [line.split("\t")[0] for line in lines(DATA / f"sst2/{name}.tsv")]))
    for name in ["valid", "test"]:
        texts.append((f"wikitext2.{name}", lines(DATA / f"wikitext2/{name}.txt")))
    for file in corpus():
        texts.append((f"corpus.{pathlib.Path(file).stem}", lines(pathlib.Path(file))))
    words = []
    for name in ["train", "dev", "test"]:
        for block in (DATA / f"wnut17/{name}.conll").read_text(encoding="utf-8").replace("\t\n", "\n").split("\n\n"):
            rows = [line.split("\t")[0] for line in block.split("\n") if line.strip()]
            if rows:
                words.append(rows)
    texts.append(("wnut17", [" ".join(sentence) for sentence in words]))
    return texts, pairs, words


def answer(encoding) -> list:
    return [
        encoding.ids,
        [place for offsets in encoding.offsets for place in offsets],
        encoding.type_ids,
        encoding.attention_mask,
        encoding.special_tokens_mask,
        encoding.word_ids,
        encoding.sequence_ids,
    ]


def emit(request: dict, expected) -> None:
    for value in (request, expected):
        sys.stdout.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def answers(tokenizer: Tokenizer, full: list) -> list[list]:
    made = tokenizer.post_process(*full)
    return [answer(each) for each in [made, *made.overflowing]]


def count_words_from_start(cut: list, full: list) -> bool:
    """Puts the words of what was cut on the left right, and says whether they were wrong; the last token is the text's."""
    words, sequences = cut[5], cut[6]
    changed = False
    for sequence, encoding in enumerate(full):
        places = [i for i, found in enumerate(sequences) if found == sequence and words[i] is not None]
        if not places:
            continue
        shift = encoding.word_ids[-1] - words[places[-1]]
        for i in places:
            words[i] += shift
        changed |= shift != 0
    return changed


def windows(tokenizer: Tokenizer, plain: Tokenizer, text, pair, pre_split: bool, count: int) -> None:
    full = [plain.encode(part, is_pretokenized=pre_split) for part in (text, pair) if part]
    # As `encode` does, the second text with type ids of 1: processors leave those of further windows as they are. Sequence
    # ids are lost on that way, and come from the encoding on its own.
    typed = full[:1] + [plain.encode([] if pre_split else "", pair, is_pretokenized=pre_split)] if pair else full
    tokenizer.no_truncation()
    segments = answers(tokenizer, typed)[0][2]
    for n in range(4):
        at = count * 4 + n
        max_length = [16, 33, 64, 128][at % 4]
        stride = [0, 1, 5, 3][(at // 4) % 4]
        strategy = ["longest_first", "only_second", "only_first"][at % 3] if pair else ["longest_first", "only_first"][at % 2]
        side = ["right", "left"][(at // 8 + n) % 2]
        tokenizer.enable_truncation(max_length, stride=stride, strategy=strategy, direction=side)
        options = {"maxLength": max_length, "truncation": strategy, "truncationSide": side}
        for overflow in (True, False):
            try:
                adjusted = False
                if overflow:
                    expected = answers(tokenizer, full)
                    for each, other in zip(expected, answers(tokenizer, typed)):
                        if 1 in segments:
                            each[2] = other[2]
                        else:
                            adjusted |= each[2] != other[2]
                else:
                    tokenizer.enable_truncation(max_length, strategy=strategy, direction=side)
                    expected = [answer(tokenizer.encode(text, pair, is_pretokenized=pre_split))]
                    adjusted = side == "left" and count_words_from_start(expected[0], full)
            except BaseException as error:  # what does not fit, or a stride that is too long
                if isinstance(error, (KeyboardInterrupt, BrokenPipeError)):
                    raise
                expected, adjusted = None, False
            extra = {"returnOverflowingTokens": True, "stride": stride} if overflow else {}
            kind = f"{'windows' if overflow else 'cut'} of {'pairs' if pair else 'words' if pre_split else 'texts'}"
            request = {"kind": kind, "windows": text, "pair": pair, "options": {**options, **extra}}
            emit({**request, "adjusted": True} if adjusted else request, expected)
    tokenizer.no_truncation()


def padding(tokenizer: Tokenizer, batch: list, at: int) -> None:
    side = ["right", "left"][at % 2]
    multiple = [None, 8, 5][at % 3]
    length = [None, None, 40, 96][at % 4]
    pad = next(token for token in ["[PAD]", "<pad>"] if tokenizer.token_to_id(token) is not None)
    tokenizer.enable_padding(
        direction=side, pad_id=tokenizer.token_to_id(pad), pad_token=pad, pad_to_multiple_of=multiple, length=length
    )
    options = {"paddingSide": side, "padding": "longest" if length is None else "max_length"}
    if multiple:
        options["padToMultipleOf"] = multiple
    if length:
        options["maxLength"] = length
    emit({"kind": "padded batches", "batch": batch, "options": options}, [answer(e) for e in tokenizer.encode_batch(batch)])
    tokenizer.no_padding()


def run(name: str, data) -> None:
    texts, pairs, sentences = data
    file = SCRATCH / f"{name}.tokenizer.json"
    if not file.exists():
        made = FAMILIES[name]()
        made.no_truncation()
        made.no_padding()
        made.save(str(file))
    tokenizer = Tokenizer.from_file(str(file))
    plain = Tokenizer.from_str(json.dumps({**json.loads(file.read_text(encoding="utf-8")), "post_processor": None}))
    emit({"family": name, "file": str(file)}, None)

    def whole(kind: str, encoding, **request) -> None:
        decoded = [tokenizer.decode(encoding.ids, skip_special_tokens=skip) for skip in (True, False)]
        emit({"kind": kind, **request}, [answer(encoding), decoded])

    for kind, found in texts:
        for text in found[::EVERY]:
            whole(kind, tokenizer.encode(text), text=text)
    for text, pair in pairs[::EVERY]:
        whole("pairs", tokenizer.encode(text, pair), text=text, pair=pair)
    for words in sentences[::EVERY]:
        whole("words", tokenizer.encode(words, is_pretokenized=True), text=words)
    for one, two in zip(sentences[:: 2 * EVERY], sentences[1 :: 2 * EVERY]):
        whole("pairs of words", tokenizer.encode(one, two, is_pretokenized=True), text=one, pair=two)
    for count, (text, pair) in enumerate(pairs[:: 7 * EVERY]):
        windows(tokenizer, plain, text, pair, False, count)
        windows(tokenizer, plain, pair, text, False, count)
        windows(tokenizer, plain, pair, None, False, count)
    for count, words in enumerate(sentences[:: 9 * EVERY]):
        windows(tokenizer, plain, words, None, True, count)
    for at, start in enumerate(range(0, len(pairs) - 4, 40)):
        padding(tokenizer, [text for text, _ in pairs[start : start + 4]], at)
        padding(tokenizer, pairs[start : start + 3], at)


def main() -> None:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    sys.stdout.reconfigure(encoding="utf-8")
    data = read_texts()
    for name in sys.argv[3].split(",") if len(sys.argv) > 3 and sys.argv[3] != "all" else FAMILIES:
        run(name, data)


main()
