# The NOC bridge for a charger's controller:
#   docker buildx build --platform linux/arm64 -t noc-bridge:latest -f docker/bridge.Dockerfile .
# `manage.py deploy_noc_bridge --build` does that, and brings it there.

# Packages in a virtual environment of their own, so that pip's leftovers stay in this stage.
FROM python:3.11-slim AS packages
COPY requirements-bridge.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-input -r requirements-bridge.txt

FROM python:3.11-slim
RUN useradd --system --user-group --uid 10001 --no-create-home --home-dir /nonexistent bridge \
    && install -d -o bridge -g bridge -m 700 /data
WORKDIR /app
COPY --from=packages /venv /venv
COPY manage.py ./
COPY docker/bridge_healthcheck.py ./docker/
COPY bridge ./bridge
# The bridge's user may not write here, so what Python would cache is made now.
RUN python -m compileall -q manage.py bridge

# The port is published by the engine, so the bridge has to answer on all addresses of its container.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SPOOL_DIR=/data \
    HEALTH_HOST=0.0.0.0 \
    HEALTH_PORT=3020
USER bridge
VOLUME /data
EXPOSE 3020
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD ["python", "docker/bridge_healthcheck.py"]
CMD ["python", "manage.py", "run_noc_bridge"]
