/** What people read of exports, in Korean. The ids are the keys of this table. */
export const EXPORT_TEXTS = {
  /** A room that has no name of its own. */
  'export.room': () => '채팅방',
  'export.user': () => '내 데이터',
  'mail.subject': (name: string) => `[대화 내보내기] ${name}`,
  'mail.attached': (name: string) => `요청하신 "${name}" 파일을 첨부했습니다.`,
  'mail.link': (name: string, url: string) =>
    `요청하신 "${name}" 파일이 준비되었습니다. 아래 주소에서 24시간 동안 내려받을 수 있습니다.\n\n${url}`,
  'mail.inApp': (name: string) =>
    `요청하신 "${name}" 파일이 준비되었습니다. 첨부하기에는 커서, 24시간 안에 채팅에서 내려받아 주세요.`,
  'mail.end': () => '직접 요청하지 않으셨다면 이 메일을 무시해 주세요.',
  /** The file of an archive that lists what could not be put into it. */
  'zip.missing': () => '빠진 파일',
  'zip.missingHead': (count: number) => `다음 파일 ${count}개는 남아 있지 않아 넣지 못했습니다.`,
  'heads.seq': () => '번호',
  'heads.at': () => '보낸 시각',
  'heads.author': () => '보낸 사람',
  'heads.authorId': () => '보낸 사람 ID',
  'heads.type': () => '종류',
  'heads.text': () => '내용',
  'heads.files': () => '파일',
  'heads.reactions': () => '공감',
  'heads.edited': () => '수정 시각',
  'heads.state': () => '상태',
  'type.TEXT': () => '글',
  'type.PHOTO': () => '사진',
  'type.VIDEO': () => '동영상',
  'type.FILE': () => '파일',
  'type.CARD': () => '카드',
  'type.ADMIN': () => '알림',
  'message.deleted': () => '삭제된 메시지입니다.',
  'message.edited': () => '(수정됨)',
  'state.deleted': () => '삭제됨',
  'log.savedAt': (at: string) => `저장한 시각: ${at}`,
  'log.people': (count: number) => `대화 상대: ${count}명`,
} as const;
