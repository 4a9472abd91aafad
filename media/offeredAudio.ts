/**
 * Whether an SDP offers audio that FreeSWITCH can be given: unencrypted RTP with PCMA or PCMU.
 * FreeSWITCH itself answers 488 also for faults of its own, such as an RTP port that is taken.
 */
export function offersG711(sdp: string): boolean {
  return sdp.split(/\r?\nm=/).some((section) => {
    const [, profile, payloads] = /^audio [1-9]\d* ([A-Z/]+) ([\d ]+)/.exec(section) ?? [];
    if (profile !== 'RTP/AVP' || payloads === undefined) return false;
    const offered = payloads.trim().split(/ +/);
    // 0 and 8 need no rtpmap (RFC 3551, 6); any other number may be mapped to the same codecs.
    if (offered.includes('0') || offered.includes('8')) return true;
    return [...section.matchAll(/^a=rtpmap:(\d+) PCM[AU]\/8000/gim)].some(([, payload]) =>
      offered.includes(payload ?? ''),
    );
  });
}
