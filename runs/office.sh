#!/bin/sh
# Amazon Office Products: import, narratives and dialogues by grammar, three seeds of training, the figures.
#     runs/office.sh [FOLDER OF items.jsonl AND sequences.jsonl]
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
SOURCE=${1:-../shared/data/amazon-office}
for seed in 0 1 2; do
  [ -d "work/office-$seed" ] || convrec data import "$SOURCE" --format jsonl --seed "$seed" --out "work/office-$seed"
  [ -d "work/office-$seed-written" ] || convrec regen write "work/office-$seed" --seed "$seed" --out "work/office-$seed-written"
  [ -d "work/office-model-$seed" ] || convrec train "work/office-$seed-written" --recipe runs/recipes/office.yaml --seed "$seed" --out "work/office-model-$seed"
done
python benchmarks/whole_path.py office work/office-model-0 work/office-model-1 work/office-model-2
