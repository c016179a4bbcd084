#!/bin/sh
# `pauta`, for a server that has Docker and no Python: ./pauta.sh up, ./pauta.sh check, ./pauta.sh demo …
# One container for one command, with the engine's socket and this folder at its own path; no service ever gets the socket.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)
engine=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}
socket=${engine#unix://}
docker build --quiet --tag pauta-cli --target cli "$folder" >/dev/null
terminal=
if [ -t 0 ] && [ -t 1 ]; then terminal=--tty; fi
# PAUTA_RUN_OPTIONS: further options of `docker run`, such as a certificate authority of your own
# shellcheck disable=SC2086 # they are several words, or none
exec docker run --rm --interactive $terminal --network host \
  --user "$(id -u):$(id -g)" --group-add "$(stat -c %g "$socket")" \
  --volume "$socket:/var/run/docker.sock" --volume "$folder:$folder" --volume "$PWD:$PWD" --workdir "$PWD" \
  --env "PYTHONPATH=$folder" --env PAUTA_ENGINE=docker --env COMPOSE_PROJECT_NAME --env COMPOSE_FILE ${PAUTA_RUN_OPTIONS:-} \
  pauta-cli "$@"
