# One image for every service: the command says which.
FROM python:3.13-slim AS build
WORKDIR /app
COPY requirements/app.txt requirements/
RUN python3 -m venv /venv && /venv/bin/pip install --no-cache-dir --no-compile --require-hashes -r requirements/app.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home pauta && mkdir -p /app/data /made && chown pauta /app/data /made
WORKDIR /app
COPY --from=build /venv /venv
COPY contracts contracts
COPY journey journey
COPY kit kit
COPY providers providers
COPY services services
COPY pauta pauta
COPY deploy/journey.yml deploy/journey.demo.yml deploy/
COPY deploy/templates deploy/templates
USER pauta
EXPOSE 8000
CMD ["python3", "-m", "pauta", "--help"]
