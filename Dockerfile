# The web files.
FROM node:24-bookworm-slim AS web
WORKDIR /build/console
COPY console/package.json console/package-lock.json console/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY console/ ./
COPY data/ ../data/
RUN npm run build

# The environment, from hashes.
FROM python:3.11-slim-bookworm AS environment
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.lock ./
RUN /app/.venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --create-home roadcall && mkdir /data && chown roadcall /data
WORKDIR /app
COPY --from=environment /app/.venv /app/.venv
COPY pyproject.toml ./
COPY kit/ kit/
COPY services/ services/
COPY mobile_api/ mobile_api/
COPY cli/ cli/
COPY demo/ demo/
COPY data/ data/
COPY console/*.py console/
COPY --from=web /build/console/dist console/dist/
# The user that runs it may not write here: without bytecode every start would compile everything again.
RUN /app/.venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && /app/.venv/bin/python -m compileall -q kit services mobile_api cli demo data console
# The solver's kernels are compiled for the processor that runs them, so by the container, and kept where it may write.
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 ROADCALL_HOST=0.0.0.0 ROADCALL_DATA=/data MALLOC_ARENA_MAX=2 \
    NUMBA_CACHE_DIR=/data/kernels
USER 10001
EXPOSE 8000
CMD ["python", "-m", "services"]
