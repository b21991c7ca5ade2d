#!/bin/sh
# Makes the files that docker-compose.yml hands to the containers as secrets, in deploy/secrets or the folder given.
# What exists stays: a new password would lock us out of a database that was set up with the old one.
set -eu

folder=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$folder"
chmod 700 "$folder"  # others on this machine stay out here; inside, the containers' own users must be able to read

random() {
    od -An -N20 -tx1 /dev/urandom | tr -d ' \n'
}

# write NAME TEXT
write() {
    if [ -e "$folder/$1" ]; then
        echo "kept  $folder/$1"
        return
    fi
    printf '%s' "$2" >"$folder/$1.new"
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    echo "made  $folder/$1"
}

write database_password "$(random)"
write objects_key lienthong
write objects_secret "$(random)"
write database_url "postgresql://lienthong:$(cat "$folder/database_password")@postgres:5432/lienthong"
write objects_url "http://$(cat "$folder/objects_key"):$(cat "$folder/objects_secret")@minio:9000/lienthong"
