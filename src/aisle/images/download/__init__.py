"""From addresses to image records: safe, polite, resumable.

A run, on the machine that the command runs on:

- `run` goes round after round until nothing is left to do; `settings` says how, `report` shows how it
  goes;
- `links` reads which addresses products name, `ledger` holds them beside what is known of each;
- `planning` makes a `plan` of what a round asks: `owners` shares hosts out among workers, `listing`
  writes each worker's list;
- at the end `placeholders` finds pictures that stand for none, `summary` counts, `index` says where
  pictures lie, all in a folder (`store`).

A lane, the part of one worker:

- `lane` is the shard task and `loop` its loop; `address_list` reads the list, `opening` says which shard
  is next, `open_shards` holds the open ones, `spool` their finished rows, and `shard` writes those that
  are whole;
- when a host is asked: `politeness` is the schedule of `host`s, within `limits`; `backoff`, `rests`,
  `doubtful`;
- where to connect: `address` takes it apart, `locating` and `resolve` look names up, `networks` says what
  may be connected to, `pins` keeps libcurl to it;
- a request: `fetch` runs many (`curl_options`), `transfer` is one, within `body_memory`; an answer
  (`exchange`) has `headers`, and a body that may want `unpacking`;
- what came of it: `verdict`, by `outcome`, `optout`, and robots.txt (`robots_first`, `robots`,
  `robots_rules`);
- the picture: `decoder` takes bodies by `turns` to a `decoder_process`, which makes a `picture`;
- `recording` writes down what became of each address; `memory` keeps what the worker holds small.
"""
