#!/bin/bash
# Looks how full the disks are and mails a word about it, as cron mail does.
df -P / | awk 'NR > 1 {print $5}' > ~/disk.now
du -sk /var/log/shop /var/log/db 2> /dev/null >> ~/disk.now
lsblk > /dev/null 2>&1
printf 'To: ops\nSubject: disks on %s\n\n' "$(hostname)" | cat - ~/disk.now >> ~/mail
tail -c 4000 ~/mail > ~/mail.new && mv ~/mail.new ~/mail
logger -t disk checked
