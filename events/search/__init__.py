"""Finding events: the one place that knows how the databases differ.

| module | finds by | PostgreSQL | SQLite |
|---|---|---|---|
| words | words of title, place, description | words, beginnings, stems, ranked | parts of words |
| typos | words that are nearly right | the nearest word that there is | – |
| parts | a part of a text | trigrams | reads every row |
| periods | what goes on in a time | ranges | plain comparisons |
| places | the distance from a point | a box, or the nearest first | a box |
| suggestions | the beginning of a word | trigrams | reads every row |

All compare texts as `folding` defines it, and `queries` says what a query means. `highlights` and
`facets` tell about what was found, `pages` in which order it comes.
"""
