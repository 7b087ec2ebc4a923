"""The closed grammar that the model knows: preschoolers saying what they feel, and why.

Every sentence has two forms: `spoken`, mixed with kanji so that Open JTalk reads it right, and `text`,
the transcript in hiragana (plus ママ, パパ and the punctuation 。、). A tenth of the combinations of
template, reason and feeling is held out: the model never hears them in training.
"""

import hashlib
from dataclasses import dataclass
from itertools import product

# spoken, text
REASONS = [tuple(line.split()) for line in """
友達と遊んだ ともだちとあそんだ
ママに褒められた ママにほめられた
パパと公園に行った パパとこうえんにいった
給食がおいしかった きゅうしょくがおいしかった
先生に褒められた せんせいにほめられた
かけっこで勝った かけっこでかった
おもちゃを貸してもらった おもちゃをかしてもらった
仲直りした なかなおりした
お誕生日だった おたんじょうびだった
お菓子をもらった おかしをもらった
絵をかいた えをかいた
歌を歌った うたをうたった
滑り台で滑った すべりだいですべった
おばあちゃんに会った おばあちゃんにあった
おじいちゃんが来た おじいちゃんがきた
ママと手を繋いだ ママとてをつないだ
パパが抱っこしてくれた パパがだっこしてくれた
赤ちゃんが笑った あかちゃんがわらった
虹が見えた にじがみえた
雪が降った ゆきがふった
お花が咲いた おはながさいた
さかあがりができた さかあがりができた
縄跳びができた なわとびができた
ありがとうって言われた ありがとうっていわれた
一緒に絵本を読んだ いっしょにえほんをよんだ
おもちゃを取られた おもちゃをとられた
かけっこで負けた かけっこでまけた
お化けの夢を見た おばけのゆめをみた
犬が吠えた いぬがほえた
弟が泣いた おとうとがないた
お姉ちゃんと喧嘩した おねえちゃんとけんかした
雷が鳴った かみなりがなった
転んで膝が痛かった ころんでひざがいたかった
ママがいなかった ママがいなかった
仲間に入れてもらえなかった なかまにいれてもらえなかった
積み木が壊れた つみきがこわれた
みんなに見られた みんなにみられた
名前を間違えられた なまえをまちがえられた
友達に叩かれた ともだちにたたかれた
友達が引っ越した ともだちがひっこした
おねしょをした おねしょをした
電気が消えた でんきがきえた
注射をした ちゅうしゃをした
お腹が痛かった おなかがいたかった
一人でお留守番した ひとりでおるすばんした
先生に怒られた せんせいにおこられた
帽子をなくした ぼうしをなくした
雨で遊べなかった あめであそべなかった
順番を抜かされた じゅんばんをぬかされた
大きい音がした おおきいおとがした
みんなの前で発表した みんなのまえではっぴょうした
明日遠足がある あしたえんそくがある
猫が逃げた ねこがにげた
お茶をこぼした おちゃをこぼした
金魚が死んじゃった きんぎょがしんじゃった
お弁当がおいしかった おべんとうがおいしかった
嘘をつかれた うそをつかれた
鬼ごっこで捕まった おにごっこでつかまった
お兄ちゃんに笑われた おにいちゃんにわらわれた
わるくちを言われた わるくちをいわれた
""".split("\n") if line]

# base, past and attributive form, each spoken and text
FEELINGS = [
    {"base": (a, b), "past": (c, d), "attr": (e, f)}
    for a, b, c, d, e, f in (line.split() for line in """
嬉しい うれしい 嬉しかった うれしかった 嬉しい うれしい
悲しい かなしい 悲しかった かなしかった 悲しい かなしい
怖い こわい 怖かった こわかった 怖い こわい
怒ってる おこってる 怒った おこった 怒ってる おこってる
悔しい くやしい 悔しかった くやしかった 悔しい くやしい
恥ずかしい はずかしい 恥ずかしかった はずかしかった 恥ずかしい はずかしい
安心 あんしん 安心した あんしんした 安心な あんしんな
びっくり びっくり びっくりした びっくりした びっくりの びっくりの
さみしい さみしい さみしかった さみしかった さみしい さみしい
楽しい たのしい 楽しかった たのしかった 楽しい たのしい
不安 ふあん 不安だった ふあんだった 不安な ふあんな
どきどき どきどき どきどきした どきどきした どきどきの どきどきの
嫌 いや 嫌だった いやだった 嫌な いやな
もやもや もやもや もやもやした もやもやした もやもやの もやもやの
""".split("\n") if line)
]

# name: spoken, text
SENTENCES = {
    "T01": ("今日は{reason}から{base}", "きょうは{reason}から{base}"),
    "T02": ("今日は{reason}から{past}", "きょうは{reason}から{past}"),
    "T03": ("{base}。{reason}の", "{base}。{reason}の"),
    "T04": ("{reason}。だから{base}", "{reason}。だから{base}"),
    "T05": ("{reason}から{base}", "{reason}から{base}"),
    "T06": ("{reason}から{past}", "{reason}から{past}"),
    "T07": ("{reason}の。{past}", "{reason}の。{past}"),
    "T08": ("{base}。{reason}から", "{base}。{reason}から"),
    "T09": ("えっとね、{reason}から{base}", "えっとね、{reason}から{base}"),
    "T10": ("{reason}。だから{past}", "{reason}。だから{past}"),
    "T11": ("{attr}気持ち。{reason}から", "{attr}きもち。{reason}から"),
    "T12": ("{past}。{reason}の", "{past}。{reason}の"),
}
FEELING_PHRASES = {
    "S01": ("{base}", "{base}"),
    "S02": ("今、{base}", "いま{base}"),
    "S03": ("とっても{base}", "とっても{base}"),
    "S04": ("{attr}気持ち", "{attr}きもち"),
    "S05": ("{past}", "{past}"),
    "S06": ("すごく{past}", "すごく{past}"),
    "S07": ("今日は{past}", "きょうは{past}"),
}
REASON_PHRASES = {
    "R01": ("{reason}", "{reason}"),
    "R02": ("{reason}の", "{reason}の"),
    "R03": ("今日ね、{reason}の", "きょうね、{reason}の"),
    "R04": ("{reason}から", "{reason}から"),
}


@dataclass(frozen=True)
class Sentence:
    key: str      # template-reason-feeling, for instance T02-00-13
    spoken: str
    text: str


def sentences():
    """All combinations of template, reason and feeling."""
    return [_fill(f"{name}-{r:02d}-{f:02d}", template, reason, feeling)
            for name, template in SENTENCES.items()
            for (r, reason), (f, feeling) in product(enumerate(REASONS), enumerate(FEELINGS))]


def phrases():
    """The short ones: only a feeling, or only a reason."""
    return ([_fill(f"{name}-{f:02d}", template, None, feeling)
             for name, template in FEELING_PHRASES.items() for f, feeling in enumerate(FEELINGS)]
            + [_fill(f"{name}-{r:02d}", template, reason, None)
               for name, template in REASON_PHRASES.items() for r, reason in enumerate(REASONS)])


def is_held_out(sentence):
    """By a hash of the key, so that adding a word moves no sentence from one side to the other."""
    return int(hashlib.sha256(f"kimochi|{sentence.key}".encode()).hexdigest(), 16) % 10 == 0


def _fill(key, template, reason, feeling):
    def form(i):
        words = {name: pair[i] for name, pair in (feeling or {}).items()}
        return template[i].format(reason=reason[i] if reason else "", **words)

    return Sentence(key, spoken=form(0), text=form(1))
