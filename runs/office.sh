#!/bin/sh
# Amazon Office Products: import, narratives and dialogues by grammar, three seeds of training, the figures.
#     runs/office.sh [FOLDER OF items.jsonl AND sequences.jsonl]
set -eu
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
SOURCE=${1:-../shared/data/amazon-office}
[ -d work/office ] || convrec data import "$SOURCE" --format jsonl --out work/office
[ -d work/office-written ] || convrec regen write work/office --out work/office-written
for seed in 0 1 2; do
  [ -d "work/office-model-$seed" ] ||
    convrec train work/office-written --recipe runs/recipes/office.yaml --seed "$seed" --out "work/office-model-$seed"
done
python benchmarks/whole_path.py office work/office-model-0 work/office-model-1 work/office-model-2
