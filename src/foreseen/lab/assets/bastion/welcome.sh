# Shows where one is, at each login.
if [ -n "$PS1" ]; then
    echo "$(hostname) $(uname -r) as $(id -un): $(uptime)"
fi
