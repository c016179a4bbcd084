#!/bin/sh
# The command line for a server with Docker and without Python: ./pauta.sh up, ./pauta.sh check …
# Each command runs in its own container, with the engine's socket and with this folder mounted at
# its own path. No service ever gets the socket.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
engine=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}
socket=${engine#unix://}
# the image holds no code of ours: only these two files change it
image=pauta-cli:$(cat "$folder/Dockerfile" "$folder/requirements/app.txt" | cksum | cut -d ' ' -f 1)
docker image inspect "$image" >/dev/null 2>&1 ||
  docker build --quiet --tag "$image" --target cli "$folder" >/dev/null
terminal=
if [ -t 0 ] && [ -t 1 ]; then terminal=--tty; fi
# PAUTA_RUN_OPTIONS: further options for `docker run`, such as your own certificate authority
# shellcheck disable=SC2086 # the variables hold several words, or none
exec docker run --rm --interactive $terminal --network host \
  --user "$(id -u):$(id -g)" --group-add "$(stat -c %g "$socket")" \
  --volume "$socket:/var/run/docker.sock" --volume "$folder:$folder" --volume "$PWD:$PWD" --workdir "$PWD" \
  --env "PYTHONPATH=$folder" --env PAUTA_ENGINE=docker --env COMPOSE_PROJECT_NAME --env COMPOSE_FILE ${PAUTA_RUN_OPTIONS:-} \
  "$image" "$@"
