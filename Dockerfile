# `service` is the image of every service; the command selects the service. `simulator` and `cli`
# are images of their own.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements/app.txt requirements/
# compiled here, by all processors: no process can keep what it compiles, and a start takes half the time
RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements/app.txt \
    && python3 -m compileall -q -j 0 /venv/lib
COPY services/console/locale locale
RUN /venv/bin/pybabel compile --directory locale

FROM python:3.13-slim AS service
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home pauta && mkdir -p /app/data /made && chown pauta /app/data /made
WORKDIR /app
COPY --from=build /venv /venv
COPY contracts contracts
COPY domain domain
COPY kit kit
COPY providers providers
COPY sources sources
COPY services services
COPY --from=build /app/locale services/console/locale
COPY pauta pauta
COPY deploy/journey.yml deploy/journey.demo.yml deploy/sources.yml deploy/
COPY deploy/templates deploy/templates
RUN python3 -m compileall -q -j 0 .
USER pauta
EXPOSE 8000
CMD ["python3", "-m", "pauta", "--help"]

# The simulated providers, for the demo.
FROM service AS simulator
COPY simulator simulator

# Docker's client and Compose, for a server without Python. A container runs one command, with the
# code in the project's folder.
FROM python:3.13-slim AS cli
RUN apt-get update && apt-get install --yes --no-install-recommends docker-cli docker-compose \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
COPY --from=build /venv /venv
ENTRYPOINT ["python3", "-m", "pauta"]
