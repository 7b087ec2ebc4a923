#!/bin/sh
# Codes voice samples as AAC-LC the ways that phones and Safari lay it out. Needs ffmpeg.
set -eu
cd "$(dirname "$0")"
samples=../../models/samples

aac() { # sample, file, further options
    sample=$1 file=$2
    shift 2
    ffmpeg -v error -y -bitexact -i "$samples/$sample.wav" -c:a aac -b:a 48k "$@" "$file"
}

aac kimochi_4 aac_index_last.m4a
aac kimochi_6 aac_index_first_stereo_44100.m4a -ar 44100 -ac 2 -movflags +faststart
aac kimochi_3 aac_fragmented.mp4 -ar 48000 -movflags +frag_keyframe+empty_moov+default_base_moof -frag_duration 1000000
