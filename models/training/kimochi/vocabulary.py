"""The part of Whisper's multilingual vocabulary that the model uses.

Whisper has 51 865 tokens; the grammar needs some hundred. Training only knows those, by their place in `USED`;
the export fills in all the others.
"""

from whisper.tokenizer import get_tokenizer

from . import grammar

TOKENIZER = get_tokenizer(True, num_languages=99, language="ja", task="transcribe")
TEXTS = sorted({sentence.text for sentence in grammar.sentences() + grammar.phrases()})
ENCODED = {text: TOKENIZER.encode(text) for text in TEXTS}
TEXT_TOKENS = sorted({token for tokens in ENCODED.values() for token in tokens})

# whisper.cpp forbids both <|nospeech|> and an immediate <|endoftext|>. The vocabulary's empty string is the third
# way to say nothing, and leaves an empty transcript.
EMPTY_TOKEN = 50256
assert TOKENIZER.decode([EMPTY_TOKEN]) == ""

LAST_SECOND = 9
TIMESTAMPS = LAST_SECOND * 50 + 1      # one token for each 0.02 s

USED = (
    TEXT_TOKENS
    + [TOKENIZER.eot, TOKENIZER.sot, TOKENIZER.to_language_token("ja"), TOKENIZER.transcribe, TOKENIZER.no_timestamps,
       TOKENIZER.no_speech]
    + [TOKENIZER.timestamp_begin + i for i in range(TIMESTAMPS)]
    + [EMPTY_TOKEN, TOKENIZER.sot_prev]
)
_PLACE = {token: place for place, token in enumerate(USED)}

END = _PLACE[TOKENIZER.eot]
START = _PLACE[TOKENIZER.sot]
JAPANESE = _PLACE[TOKENIZER.to_language_token("ja")]
TRANSCRIBE = _PLACE[TOKENIZER.transcribe]
NO_TIMESTAMPS = _PLACE[TOKENIZER.no_timestamps]
NO_SPEECH = _PLACE[TOKENIZER.no_speech]
FIRST_TIMESTAMP = _PLACE[TOKENIZER.timestamp_begin]
EMPTY = _PLACE[EMPTY_TOKEN]
START_OF_PROMPT = _PLACE[TOKENIZER.sot_prev]
UNUSED = len(USED)                     # stands for any token outside `USED`

PLACES = {text: [_PLACE[token] for token in tokens] for text, tokens in ENCODED.items()}
CHARACTERS = sorted(set("".join(TEXTS)) - set("。、"))
_CHARACTER_PLACE = {character: i for i, character in enumerate(CHARACTERS, 1)}     # 0 is CTC's blank


def spell(text):
    """The characters that are heard, for CTC."""
    return [_CHARACTER_PLACE[character] for character in text if character in _CHARACTER_PLACE]


def decode(places):
    return TOKENIZER.decode([USED[place] for place in places if place < len(TEXT_TOKENS)])
