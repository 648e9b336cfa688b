# The chart library: files that the browser loads, nothing that runs here.
FROM node:22-slim AS frontend
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund --ignore-scripts

# Packages in a virtual environment of their own, so that pip's leftovers stay in this stage.
FROM python:3.11-slim AS packages
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --no-input -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --user-group --uid 10001 --no-create-home --home-dir /nonexistent smartserver \
    && install -d -o smartserver -g smartserver -m 700 /data
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=frontend /build/node_modules ./node_modules
COPY manage.py ./
COPY docker/healthcheck.py ./docker/
COPY smartserver ./smartserver
COPY stations ./stations
COPY devices ./devices
COPY bridge ./bridge
COPY templates ./templates
COPY static ./static
COPY locale ./locale
ENV PATH=/venv/bin:$PATH
# The server's user may not write here, so what Python would cache is made now, and the languages are compiled.
RUN python -m compileall -q manage.py smartserver stations devices bridge \
    && python -m smartserver.languages

ENV PYTHONUNBUFFERED=1 \
    SMARTSERVER_DATA_DIR=/data \
    SMARTSERVER_LOG_FORMAT=json
USER smartserver
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["python", "docker/healthcheck.py"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
