import sys
import csv
from collections import Counter

rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8")))
for team, count in Counter(row["team"] for row in rows).most_common():
    print(f"{team:20} {count}")
