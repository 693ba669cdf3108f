#!/bin/bash
# Looks over the keys that may log in, and over the rights of the folders they lie in.
for user in alice bob ops deploy dbadmin; do
    sudo ssh-keygen -l -f "/home/$user/.ssh/authorized_keys" | wc -l
    sudo stat -c '%a %U' "/home/$user/.ssh"
done
sudo find /home -maxdepth 3 -name authorized_keys -perm /022
