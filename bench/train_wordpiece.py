"""The side of Hugging Face's tokenizers in the vocabulary training: each line of standard input names a text file; answers
the vocabulary's size."""
import json
import os
import sys

for line in sys.stdin:
    request = json.loads(line)
    os.environ["RAYON_NUM_THREADS"] = str(request["threads"])  # read when the first work starts
    from tokenizers import BertWordPieceTokenizer

    tokenizer = BertWordPieceTokenizer()
    tokenizer.train([request["file"]], vocab_size=request["vocabSize"], show_progress=False)
    print(json.dumps({"vocabSize": tokenizer.get_vocab_size()}), flush=True)
