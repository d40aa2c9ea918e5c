#!/bin/sh
# The embedded default, rebuilt: the demo shop (data/demo, seed 7) and the small model trained on it (data/model, seed 0).
# Two processor cores and nothing else; stopped, it goes on where it was. Figures: data/model/README.md, docs/LOG.md.
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
python -m convrec.language.classifier  # what the reader knows of meanings (convrec/language/*.yaml)
python -m convrec.language.values      # and of values that are meant and not named (prompts/intents)
[ -d data/demo ] || convrec data demo --out data/demo
convrec train data/demo --recipe runs/recipes/shop.yaml --seed 0 --out work/model
rm -rf data/model && cp -r work/model data/model
