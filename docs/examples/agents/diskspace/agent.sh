#!/bin/sh
# The agent diskspace. Inputs come as MCOLLECTIVE_INPUT_NAME, the answer goes to stdout; exit codes are the status codes of a reply.

die() { # CODE MESSAGE
    echo "$2" >&2
    exit "$1"
}

usage() {
    folder=$MCOLLECTIVE_INPUT_folder
    [ -d "$folder" ] || die 4 "there is no folder $folder"
    line=$(df -Pk -- "$folder") || die 1 "df knows nothing of $folder"
    # Filesystem 1024-blocks Used Available Capacity Mounted-on
    echo "$line" | while read -r _ _ _ free percent mount; do
        case $free in *[!0-9]*) continue ;; esac # the head line
        case $mount in *[!A-Za-z0-9_./-]*) die 5 "a mount point that JSON would need quoted" ;; esac
        printf '{"mount": "%s", "percent": %d, "free_kb": %d}\n' "$mount" "${percent%\%}" "$free"
    done
}

case $MCOLLECTIVE_ACTION in
    usage) usage ;;
    *) die 2 "diskspace has no action $MCOLLECTIVE_ACTION" ;;
esac
