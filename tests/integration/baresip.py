"""baresip, a real SIP phone with SRTP and ICE: it says a tone, and records what it hears."""

import math
import signal
import struct
import wave

from lab import wait_until

RATE = 8000  # samples a second
_SECONDS = 20  # longer than any call of the tests

_CONFIG = """\
sip_listen {address}:{port}
net_interface eth0
rtp_ports {rtp}-{last_rtp}
audio_source aufile,{tone}
audio_player aubridge,nowhere
audio_alert aubridge,nowhere
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
statmode_default off
snd_path {directory}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module ice.so
module_tmp account.so
module_app menu.so
"""


class Phone:
    """One that picks up at once. `aor` is who it is, `account` are parameters of that."""

    def __init__(self, lab, host, aor, address, port, rtp, tone, account=(), commands=()):
        self.address, self.port = address, port
        self.directory = lab.directory / f"phone-{address}"
        self.directory.mkdir()
        _write_tone(self.directory / "tone.wav", tone)
        (self.directory / "config").write_text(_CONFIG.format(
            address=address, port=port, rtp=rtp, last_rtp=rtp + 9, rate=RATE,
            tone=self.directory / "tone.wav", directory=self.directory), encoding="ascii")
        (self.directory / "accounts").write_text(
            ";".join([f"<{aor}>", "regint=0", "answermode=auto", *account]) + "\n")
        (self.directory / "contacts").touch()
        self.process = lab.start(host, [
            "baresip", "-4", "-v", "-f", self.directory,
            *(word for command in commands for word in ("-e", command))], f"phone-{address}",
            cwd=self.directory)
        self.process.expect_output("^baresip is ready")

    def heard(self):
        """Samples, as they came out of the decoder."""
        files = list(self.directory.glob("dump-*-dec.wav"))
        # The header knows the length only when the file is complete.
        data = files[0].read_bytes()[44:] if files else b""
        return struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2])

    def wait_until_secure(self):
        self.process.expect_output(r"SRTP is Enabled|DTLS-SRTP complete \(audio/RTP\)")

    def wait_until_heard(self, seconds):
        """So much more than until now."""
        enough = len(self.heard()) + seconds * RATE
        wait_until(f"{seconds} s of sound", lambda: len(self.heard()) >= enough)

    def hang_up(self):
        self.process.signal(signal.SIGTERM)
        assert self.process.expect_exit() == 0, self.process.output()


def dial(lab, host, aor, address, port, rtp, tone, uri, proxy, account=()):
    return Phone(lab, host, aor, address, port, rtp, tone, [f'outbound="sip:{proxy}"', *account],
                 [f"/dial {uri}"])


def _write_tone(path, frequency):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(
            struct.pack("<h", round(8000 * math.sin(2 * math.pi * frequency * index / RATE)))
            for index in range(RATE * _SECONDS)))


def share_of(frequency, samples):
    """How much of the sound's power is that tone (Goertzel): nearly 1, or nearly 0."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / RATE)
    last = before = 0.0
    for sample in samples:
        last, before = sample + coefficient * last - before, last
    power = last * last + before * before - coefficient * last * before
    total = sum(sample * sample for sample in samples)
    return 2 * power / (len(samples) * total) if total else 0.0
