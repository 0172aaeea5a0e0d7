declare module 'virtual:start-words' {
  const words: Record<'en' | 'ja', Record<string, string>>
  export default words
}

declare module 'virtual:digits' {
  const paths: Readonly<Record<string, string>>
  export default paths
}
