# ToGo's image: `docker build --tag togo .`; docker-compose.yml runs it with all its parts. docs/operations/image.md says
# how to build it for several platforms.

# The Python that the tests run on. To pin the base image: docker build --build-arg PYTHON_DIGEST=@sha256:…
# (docker buildx imagetools inspect python:3.11-slim prints the digest).
ARG PYTHON=3.11
ARG PYTHON_DIGEST=

FROM python:${PYTHON}-slim${PYTHON_DIGEST} AS build
COPY requirements.txt /
# Installs only wheels and checks their hashes; nothing is compiled. A separate folder keeps pip out of the image.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --only-binary :all: --require-hashes --requirement /requirements.txt
# .dockerignore names the files to copy.
COPY . /app
RUN /venv/bin/python -m compileall -q /app

FROM python:${PYTHON}-slim${PYTHON_DIGEST}
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    TOGO_HOME=/var/lib/togo TOGO_LOG_DIR=/var/log/togo
# Volumes that are mounted on these folders get their owner and mode.
RUN pip uninstall --yes --quiet --root-user-action ignore wheel setuptools pip \
    && groupadd --gid 10001 togo \
    && useradd --uid 10001 --gid togo --no-create-home --shell /usr/sbin/nologin togo \
    && install --directory --owner togo --group togo --mode 0700 /run/togo /run/togo-database "$TOGO_HOME" "$TOGO_LOG_DIR"
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# By number, so that orchestrators can see that it isn't root.
USER 10001:10001
EXPOSE 8000
# For `web`, the default command; docker-compose.yml has the health checks of the others.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["/app/entrypoint.sh", "healthy", "web"]
# Last, because the layers after them are built anew when they change.
ARG VERSION=0.1.0
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="ToGo" \
    org.opencontainers.image.description="Assigns tasks to people per day, and never gives anyone more than their limit." \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.source="$SOURCE"
ENTRYPOINT ["/app/entrypoint.sh"]
CMD ["web"]
