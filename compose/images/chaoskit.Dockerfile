# What chaoskit needs beside itself, for compose/chaoskit.yaml; built from the folder of a checkout.
#
# Wheels in .wheels/ are used in place of PyPI, for a build without a way to it:
#   pip download --dest .wheels --only-binary :all: --python-version 3.13 --constraint constraints.txt ...
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates docker-cli docker-compose iproute2 iptables libpcap0.8t64 nftables python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
COPY pyproject.toml constraints.txt .wheel[s] /opt/chaoskit/
WORKDIR /opt/chaoskit
RUN python3 -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
        > requirements.txt \
    && python3 -m venv /opt/venv \
    && if ls ./*.whl; then export PIP_NO_INDEX=1; fi \
    && /opt/venv/bin/pip install --no-cache-dir --find-links . --constraint constraints.txt --requirement requirements.txt \
    && rm -f ./*.whl
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["python3", "-m", "chaoskit"]
CMD ["doctor", "--driver", "docker"]
