# The service's image: exactly the packages of requirements-service.lock, no compiler, no root.
FROM python:3.11.14-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source

COPY requirements.lock requirements-service.lock ./
RUN python -m venv /opt/lienthong \
 && /opt/lienthong/bin/pip install --no-deps --only-binary :all: --require-hashes -r requirements-service.lock

# The builder comes from the lock as well, so that nothing unnamed takes part in making the image.
RUN python -m venv /opt/builder \
 && sed -n '/^setuptools==/,/# via/p' requirements.lock > builder.lock \
 && /opt/builder/bin/pip install --no-deps --require-hashes -r builder.lock

COPY pyproject.toml README.md LICENSE ./
COPY envelopes envelopes
COPY signing signing
COPY storage storage
COPY exchange exchange
COPY admin admin
RUN /opt/builder/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/lienthong/bin/pip install --no-deps /wheels/*.whl


FROM python:3.11.14-slim-bookworm
RUN groupadd --gid 10001 lienthong \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/lienthong --shell /usr/sbin/nologin lienthong \
 && install --directory --owner 10001 --group 10001 --mode 0700 /var/lib/lienthong
COPY --from=build /opt/lienthong /opt/lienthong

ENV PATH=/opt/lienthong/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LIENTHONG_DATA_DIR=/var/lib/lienthong \
    LIENTHONG_HOST=0.0.0.0 \
    LIENTHONG_LOG_FORM=json
USER 10001:10001
WORKDIR /var/lib/lienthong
VOLUME /var/lib/lienthong
EXPOSE 8080
ENTRYPOINT ["lienthong"]
CMD ["serve"]
