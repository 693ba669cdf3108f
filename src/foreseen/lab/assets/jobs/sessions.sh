#!/bin/bash
# Counts and forgets old sessions of customers.
python3 -c 'import glob, os; print(sum(os.path.getsize(f) for f in glob.glob("/srv/shop/cache/*")))'
find /srv/shop/cache -name '*.thumb' -mmin +3 -delete
