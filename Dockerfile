# A board as a container: docs/run-a-board.md
#   docker build -t vbench-board . && docker run -p 7860:7860 -v board:/data vbench-board
# With EXTRAS=leaderboard,official it also evaluates videos: vbench leaderboard worker --queue
FROM python:3.12-slim

ARG EXTRAS=leaderboard
ARG TORCH=https://download.pytorch.org/whl/cpu

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1

WORKDIR /opt/vbench
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY vbench vbench
RUN pip install --constraint constraints.txt --extra-index-url "$TORCH" ".[$EXTRAS]" \
    && useradd --uid 1000 --create-home board \
    && install --directory --owner=board --group=board --mode=0750 /data

USER 1000
WORKDIR /data
VOLUME /data
ENV VBENCH_BOARD_DATABASE=sqlite:////data/board.sqlite VBENCH_CACHE_DIR=/data/cache \
    MPLCONFIGDIR=/tmp/matplotlib GRADIO_ANALYTICS_ENABLED=False
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/healthz', timeout=8)"]
CMD ["vbench", "leaderboard", "--host", "0.0.0.0", "--port", "7860"]
