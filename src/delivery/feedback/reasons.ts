import type { ReturnOutcome } from './returned.ts'

/** A reason in the words of mail systems. `said` is matched in lower case with runs of space made one. */
export type Reason = { name: string; outcome: ReturnOutcome; said: RegExp[] }

/**
 * Reasons in the order in which they decide: what says that we, or this one message, are at fault comes before what says
 * that the address is dead, so that a policy mistake never turns an audience into Error (BN-8).
 */
export const REASONS: Reason[] = [
  {
    name: 'mailbox_full',
    outcome: 'soft',
    said: [
      /(?:mail ?box|mail ?drop|user|account|recipient|maildir|storage|disk|inbox|spool|message store)[^.\n]{0,60}(?:is |are |was |has )?(?:almost |too )?(?:full\b|over ?quota|over (?:the )?(?:maximum |allowed |storage |disk |allotted )?(?:quota|limit|size)|out of (?:disk )?space|exceed(?:ed|s|ing)? (?:the |its |his |their |mail |mailbox |storage |allowed |maximum |disk )*(?:quota|size|limit|space|allocation|storage))/,
      /over ?quota|quota (?:is |has been |was )?(?:exceeded|full|violated)|exceed(?:ed|s|ing)? (?:the |its |his |their |mail|mailbox |storage |disk |allowed )*(?:quota|storage (?:allocation|limit))|insufficient (?:system )?(?:storage|disk|space)|not enough (?:storage|disk|free) ?space|no space left|disk full|disc full|mailbox size limit|mailboxfull|full mailbox|too much mail data|too full|storage allocation|mbox full|mail quota|quota ?exceed|shutoffquota/,
      /postfach (?:ist )?voll|speicherplatz|boîte (?:aux lettres |de réception |mail )?(?:est )?pleine|quota (?:dépassé|superado)|buzón (?:está )?lleno|casella (?:di posta )?piena|caixa (?:postal |de correio |de entrada )?cheia|ящик (?:переполнен|заполнен)|переполнен|メールボックス.{0,20}(?:容量|一杯|いっぱい)|邮箱.{0,6}已满|信箱.{0,6}已滿|mailbox vol|postvak (?:is )?vol/,
    ],
  },
  {
    name: 'mailer',
    outcome: 'block',
    said: [
      /procmail|command (?:died|failed|not found)|unknown mailer error|mailer error|couldn't create (?:output|")|can't create (?:output|user output)|child (?:process )?(?:exited|died)|exit(?:ed)? (?:with )?(?:code|status) \d|local configuration error|config(?:uration)? error/,
    ],
  },
  {
    name: 'group',
    outcome: 'block',
    said: [
      /may not have permission to post|you may not have permission|groups\.google\.com|support\.google\.com\/a\/|ne soyez pas autorisé|pas autorisé à/,
    ],
  },
  {
    name: 'loop',
    outcome: 'block',
    said: [
      /(?:routing|mail|message|forwarding|aliasing) loop|loops? back|hop count|too many hops|too many received|maximum hops|looping/,
    ],
  },
  {
    name: 'authentication',
    outcome: 'block',
    said: [
      /\b(?:spf|dkim|dmarc|arc|sender ?id|senderid)\b[^\n]{0,80}(?:fail|reject|not pass|none|policy|violat|invalid|bad|require|check|record|unauth|quarantine|align|enforce|result|error|forger|missing|denied|did not)/,
      /(?:fail|reject|violat|not pass|did not|bad|missing|no|invalid|without|require|due to|accordance with|because of|pass)[^\n]{0,60}\b(?:spf|dkim|dmarc|sender policy framework)\b/,
      /unauthenticated (?:email|mail|message)|not authenticated|email is unauthenticated|requires? all senders to authenticate|sender (?:is )?(?:not authorized|unauthenticated)|not (?:allowed|authori[sz]ed|permitted) to send (?:from|mail|as)|is not (?:allowed|permitted) to send (?:mail|from)|forged (?:sender|mail|hotmail)|spoof|openspf|why\.openspf|dmarc|fails? authentication|doesn't meet the required authentication/,
    ],
  },
  {
    name: 'reverse_dns',
    outcome: 'block',
    said: [
      /my name was rejected|reverse[ -]?(?:dns|lookup|mapping|record|hostname|address|resolution)|\bptr\b|\brdns\b|forward[- ]confirmed|fcrdns|cannot (?:find|resolve) your (?:host ?name|ip|address|reverse)|(?:unable to|can ?not|could not|can't) (?:resolve|find|verify|get) (?:your |the |client )?(?:host ?name|reverse|ptr|ip)|client host rejected: cannot find|no (?:hostname|dns entry) for (?:your )?ip|helo[^\n]{0,40}(?:invalid|reject|not resolve|does not|mismatch|dynamic|fqdn|command rejected)|(?:dynamic|residential|dial-?up|generic)[^\n]{0,40}(?:ip|address|hostname|rdns|pool)|host ?name (?:is )?(?:not found|does not resolve|could not be resolved)|domain name system record|ip name lookup failed|invalid host name|not a valid fqdn|unresolvable (?:host|relay)/,
    ],
  },
  {
    name: 'spam_or_virus',
    outcome: 'block',
    said: [
      /\b(?:spam|spammy|junk ?mail|junk)\b(?! ?trap account)[^\n]{0,80}|unsolicited|bulk (?:e-?mail|mail) filter|virus|malware|phish|infected|trojan|worm\b|ube\b|\buce\b|content (?:filter|reject|blocked|denied|not accept|polic|restriction)|rejected (?:due to|because of|by) (?:the )?(?:content|security|polic|filter)|message (?:content )?(?:rejected|refused|denied|blocked)(?! due to user)|blocked (?:by|due to|for|because)[^\n]{0,40}(?:content|attachment|security|url|policy|filter|rule)|banned (?:content|file|attachment|name)|dangerous (?:attachment|content)|(?:attachment|file ?type|executable|macro)[^\n]{0,40}(?:not allowed|blocked|prohibited|forbidden|not permitted)|suspicious|looks like spam|header (?:syntax|error|invalid)|improper use of 8-bit|8-bit character|bare (?:lf|cr|newline)|too many (?:hops|received)/,
    ],
  },
  {
    name: 'reputation',
    outcome: 'block',
    said: [
      /reputation|black ?list|block ?list|deny ?list|\b(?:rbl|dnsbl|rhsbl|xbl|pbl|sbl|drbl|surbl|uribl)\b|spamhaus|spamcop|barracuda(?:central| reputation)|sorbs|senderbase|senderscore|(?:is|are|was|been|ip|currently) listed (?:in|at|on|by)|mail(?:ing)? from (?:your |this )?(?:ip|host|server|network|address|domain|\[?\d)[^\n]{0,60}(?:block|reject|refus|denied|not (?:allowed|accept))|(?:your |client |sending |this |source )?(?:ip|ips|ip address|host|network|server|mta|domain|mail server|isp|country|connection)[^\n]{0,80}(?:\bblocked|banned|block(?:ed)? list|been (?:temporarily )?(?:blocked|rejected|deferred|refused)|(?:is |are |was )(?:blocked|rejected|denied|prohibited|refused|not allowed|not welcome))|blocked (?:using|by|for|ip|from|until|-|see)|poor (?:domain |ip )?reputation|bad reputation|access denied[^\n]{0,40}(?:ip|host|banned|blocked)|banned sending ip|\[?(?:ss|cs|ts|bl)\d{2}\]|user complaints|unusual (?:rate|volume)|too many (?:invalid |bad |unknown )?(?:recipients|commands)|relay quota|refused to talk to me|service refuse|unverif[iy]+able sending|transaction failed|rejected from your|excessive|policy reasons|see http[^\s]{0,60}(?:block|postmaster|unblock|delist)|delist|unblock|contact your (?:isp|internet service provider) since part of their network/,
    ],
  },
  {
    name: 'too_many_connections',
    outcome: 'block',
    said: [
      /too many (?:concurrent |simultaneous |smtp |active )?(?:connections?|sessions?|messages?|emails?|mails?|requests?|smtp|errors)|connection (?:rate|limit|frequency)|rate ?limit|throttl|receiving mail at a rate|(?:sending|message|mail) (?:rate|limit|quota|frequency)[^\n]{0,20}(?:exceed|limit|over)|daily (?:sending |message |user )?(?:quota|limit)|exceed(?:ed|s)? (?:the |your )?(?:maximum |max )?(?:number of |amount of |hourly |daily )?(?:connections?|messages?|recipients?|rate|sending)|too many (?:mail|messages) (?:from|for)|slow down|greylist|grey-list|graylist|try again later, closing connection|please slow/,
    ],
  },
  {
    name: 'sender_refused',
    outcome: 'block',
    said: [
      /from: domain is invalid|(?:sender|from address|return[- ]path|mail from|envelope[- ]from|originator|reverse[- ]path|your (?:e-?mail )?address|your domain)[^\n]{0,60}(?:reject|refus|denied|not (?:accept|allow|authori|exist|valid|permit|found|verif|local|known|in)|invalid|unknown|block|bad|does(?:n't| not) (?:exist|resolve)|fail|unreachable|banned|unresolvable|restricted|undeliverable|prohibited|is on)|(?:invalid|bad|unknown|unresolvable|malformed|illegal|unverified|rejected|unauthori[sz]ed|refused|blocked|null) (?:sender|from address|return path|mail from|domain in from|originator|source domain)|sender (?:verif|callout|callback|domain must|address)|(?:domain of sender|sender's? domain|sender domain)[^\n]{0,40}|you (?:are|do) not (?:have|authori[sz]ed|allowed|permitted)|not (?:authori[sz]ed|permitted|allowed) to (?:send|relay|post|contact|submit)|you(?:'re| are) not (?:allowed|authori[sz]ed|permitted)|(?:only|just) (?:accepts?|allows?|members|authori[sz]ed|registered)[^\n]{0,40}(?:senders?|post|members|mail from|users)|no (?:reverse|mx)[^\n]{0,20}(?:for|in) (?:sender|your)|null sender|can'?t? ?accept (?:mail |messages )?from|does not accept mail from|no longer accept(?:s|ing)? (?:mail|messages?) from|bounce message[^\n]{0,30}(?:not|refus|reject)|access denied|denied by (?:local )?polic|protocol violation|network not allowed|rejected by (?:the )?(?:recipient|domain owner|local policy)|administrative(?:ly)? (?:prohibition|denied|rejected|prohibited)|5\.7\.606/,
    ],
  },
  {
    name: 'relaying',
    outcome: 'block',
    said: [
      /relay(?:ing)? (?:is )?(?:not (?:permitted|allowed|possible|authori)|denied|prohibited|access denied|operation rejected)|(?:unable|not (?:allowed|permitted|authori[sz]ed)|denied|refus(?:e|ed)|can ?not|can't|won't|will not|insecure|don't|unauthori[sz]ed|attempted?|no|illegal|open) (?:to )?(?:mail |third[- ]party |3rd party )?relay|(?:rcpthosts|specify (?:your|the) (?:password|user)|not (?:a )?local (?:host|domain)|(?:not|isn't) (?:in|one of) (?:my|our|the) (?:list of )?(?:local )?(?:allowed )?(?:domains?|rcpthosts|hosts)|not (?:an )?(?:open|known) relay|use(?:r)? authentic|authentication (?:is )?required|must (?:first )?authenticate|smtp auth|must issue a starttls|pop before|check(?:ed)? (?:your |for )?(?:new )?mail first)|we do(?:n't| not) (?:relay|accept mail for)|not (?:a |our )?(?:gateway|responsible for)|mail server requires authentication/,
    ],
  },
  {
    name: 'secure_connection',
    outcome: 'block',
    said: [
      /starttls|\btls\b[^\n]{0,60}(?:require|fail|not|must|negotiat|handshake|error|mandatory|unavailable|offer)|(?:require|must|need)[^\n]{0,30}\btls\b|ssl handshake|certificate (?:verif|expired|invalid|not trusted)|encryption (?:needed|required)|dane\b|mta-sts/,
    ],
  },
  {
    name: 'too_large',
    outcome: 'block',
    said: [
      /message (?:size|length|too|is too|was too|exceeds)[^\n]{0,40}(?:large|big|long|exceed|limit|maximum|fixed)|(?:mail|message|e-?mail|body|content|line|header|attachment)s? (?:is |are |was )?(?:too (?:big|large|long)|larger than)|size (?:limit )?(?:of|limit)[^\n]{0,30}exceed|exceed(?:s|ed|ing)? (?:the )?(?:maximum|max|fixed|message|allowed|server)? ?(?:message|size|mail|line|incoming)[^\n]{0,30}(?:size|limit|length)|size violates|mail size limit|max(?:imum)? message size|total message size|unsupported (?:content|charset|encoding)|smtputf8|conversion (?:failed|required|prohibited|not supported)/,
    ],
  },
  {
    name: 'disabled',
    outcome: 'soft',
    said: [
      /(?:mail ?box|account|user|recipient|address|domain|e-?mail|email account|customer|service|login)s?\b[^\n]{0,60}(?:suspend|disabled|deactivat|inactiv|not (?:currently )?active|frozen|locked|on hold|blocked|temporarily|closed for|dormant|expired|barred|over(?:due)|withheld|delinquent|idle|has been (?:terminated|block)|is (?:currently )?(?:not accepting|off|blocked|hold))|(?:suspended|disabled|inactive|deactivated|dormant|frozen|locked|blocked|expired) (?:mail ?box|account|user|recipient|address|e-?mail)|inactivity|not accepting (?:any )?(?:mail|messages)|vacation|currently suspended|has been suspended|recipient suspend|closed due to|no longer in use|not been activated|restricted account/,
    ],
  },
  {
    name: 'protected',
    outcome: 'soft',
    said: [
      /recipient(?:'s)? (?:preferences?|polic|rules?|filter|is only accepting|refus|reject|does not (?:want|accept)|has (?:set|block))|user (?:rules?|refus|reject|filter|has (?:block|refus))|(?:message|mail) (?:was |is |has been )?(?:filtered|dropped|discarded)|due to user rules|blocked by (?:the )?(?:recipient|user|mailbox)|refuse to receive|restricted (?:sms )?e-?mail|resolver\.rst\.|protected by|bounced address|spam ?trap|has been (?:filter|restrict)|exceptionmapi|delivery restriction|not found recipient account|notauthori[sz]ed|can ?only (?:receive|accept)|sms (?:e-?mail )?(?:is )?(?:not|disabled)|on (?:our |your |the )?suppression list|suppression list|previously bounced|reached its bounce threshold/,
    ],
  },
  {
    name: 'moved',
    outcome: 'hard',
    said: [
      /(?:has|have) (?:moved|been changed|changed)(?: to)?[^\n]{0,40}|\bmoved to\b|new (?:e-?mail )?address is|(?:replaced|changed) (?:by|to) (?:a )?new|address (?:has )?changed|please (?:use|try) (?:the )?(?:new )?(?:address )?(?:<|[^\s@]{1,64}@)|is now (?:<|[^\s@]{1,64}@)|user has moved|recipient (?:has )?moved/,
    ],
  },
  {
    name: 'no_mail_accepted',
    outcome: 'hard',
    said: [
      /null ?mx|malformed or unexpected name server reply|does not accept (?:any )?(?:mail|e-?mail)|nullmx|domain (?:does not|doesn't|never) (?:accept|receive)s? (?:any )?(?:mail|e-?mail|messages)|no mail is accepted here|no smtp (?:service )?here|not (?:a )?mail server|null "?mx"?/,
    ],
  },
  {
    name: 'unknown_domain',
    outcome: 'hard',
    said: [
      /(?:host|domain|server|site|hostname)(?: name)?[^\n]{0,60}(?:not found|unknown|does(?:n't| not) exist|non-?existent|nonexist|no such|is not found|not registered|not known|invalid|illegal|unrouteable|cannot be found|can ?not be resolved|couldn't be found|wasn't found)|(?:unknown|no such|non-?existent|invalid|illegal|bad|unrout(?:e)?able|unresolvable|unroutable|unable to (?:find|resolve|look ?up)|couldn't find any|could not find (?:any |a )?|can(?:'t|not) find (?:any |a )?|no) (?:mail |destination |recipient |such )?(?:host|domain|mx|mail exchanger|mail exchange|gateway|a record|address for host|host\/domain)|nxdomain|domain is not reachable|name or service not known|host\/domain name|name service error[^\n]{0,60}(?:host not found|not found)|mail domain mentioned in email address is unknown|all relevant mx records point to non-existent|dns error[^\n]{0,60}(?:nxdomain|not (?:exist|found))|unrouteable (?:mail )?(?:address|domain)|domain can't be found|all gateways? for[^\n]{0,60}not/,
    ],
  },
  {
    name: 'unknown_user',
    outcome: 'hard',
    said: [
      /(?:user|recipient|mail ?box|address|account|e-?mail(?: address| account)?|person|alias|customer|employee|client|subscriber|destination|local ?part|addressee|mailing list|group|name|inbox|member)s?(?: name| id| address| mailbox| account| identifier)?\b[^\n]{0,90}?(?:unknown|does(?:n't| not| n0t)? (?:appear to )?exist|don't exist|did not exist|not (?:be )?(?:found|known|exist|recogni[sz]ed|listed|present|valid|a valid|local|available here|registered|in (?:the )?(?:directory|virtual|local|list|user)|our|on (?:site|this)|here|correct|ok\b|be located)|isn't (?:known|valid|found|recogni)|non-?exist|is invalid|\binvalid\b|no longer (?:exists?|on|valid|available|with|works|employed|here|active|accepts)|wasn't found|couldn't be found|could not be found|cannot be found|can't be found|missing|undeliverable|deleted|removed|terminated|cancell?ed|closed|never existed|was not found|wrong)/,
      /(?:unknown|no such|invalid|non-?existent|nonexist\w*|undeliverable|wrong|bad|incorrect|illegal|deleted|unrecogni[sz]ed|mistyped|obsolete|unallocated)(?: or \w+)? (?:\w+ )?(?:user|recipient|mail ?box|address|account|e-?mail|person|alias|customer|local[- ]?part|destination|addressee|name|mail ?drop|virtual user|to\b|rcpt)/,
      /(?:can't|can ?not|could not|couldn't|unable to) (?:find|locate|accept|verify|deliver to|open|create) (?:the |this |a |that |any )?(?:user|recipient|mail ?box|address|account|person)|no (?:such )?(?:mail ?box|user|account|recipient|person|one|address|local ?mailbox|known)\b[^\n]{0,40}(?:here|by that|with|named|at this|available|found|exist)?|doesn't have a[^\n]{0,60}account|does(?:n't| not) have an? (?:account|mailbox)|not our customer|badrcptto|validrcptto|user ?unknown|userunknown|unknownuser|unknown_user|there is no (?:one|such|user)|not a (?:known|valid|recogni[sz]ed) (?:user|mailbox|recipient|address|account)|rcpt (?:to )?(?:unknown|<[^\n>]{1,100}> (?:does not exist|unknown|invalid))|mailbox unavailable|in (?:the )?(?:local|virtual|relay) (?:recipient|mailbox|alias|user) table|adressee unknown|not known at this|doesn't exist|does not exist|no existe|dead mailbox|account (?:that )?you (?:tried|are trying) to reach (?:is|does)|bad destination|user missing home|no (?:valid|acceptable) recipients?/,
      /5\.1\.0 address rejected|utilisateur inconnu|destinataire (?:inconnu|non)|adresse (?:inconnue|invalide|.{0,20}n'existe)|n'existe (?:pas|plus)|empfänger (?:unbekannt|existiert|nicht)|(?:adresse|benutzer|empfänger|postfach)[^\n]{0,60}(?:unbekannt|nicht (?:gefunden|vorhanden|bekannt)|existiert nicht|ungültig|inexistent|n'existe)|no existe|desconocid|usuario (?:no |des)|no se (?:encontró|encuentra|ha encontrado)|destinatario (?:sconosciuto|inesistente|non)|utente (?:sconosciuto|inesistente|non)|non esiste|indirizzo (?:non|inesistente|sconosciuto)|não existe|usuário (?:não|des|inex)|destinatário (?:não|des)|onbekende (?:gebruiker|ontvanger)|bestaat niet|nie istnieje|nieznany (?:użytkownik|adresat)|не существует|не найден|неизвестн(?:ый|ого) (?:пользовател|адрес)|адрес.{0,30}(?:недействит|не существ)|見つかりません|存在しません|見つからない|不存在|用户不存在|无此用户|無此|사용자.{0,10}없|존재하지/,
    ],
  },
  {
    name: 'expired',
    outcome: 'soft',
    said: [
      /(?:time[d]? ?out|timeout|expired|expir|delivery time|been in the queue|retry (?:time|timeout|limit)|could not be delivered (?:for|within|in)|delivery has been (?:delayed|suspended)|too long|delayed|not yet been delivered|deferred|aborted after|give?n? up|giving up|warning only|will keep trying|undelivered after|unable to deliver[^\n]{0,40}(?:for|after|within)|greylist|connect(?:ion)? (?:refused|reset|timed|lost|dropped|closed|failed|to)|connection (?:was )?(?:lost|refused|reset|dropped|closed)|no (?:route|answer) (?:to|from) (?:host|server)|network (?:is )?unreachable|host (?:is )?unreachable|(?:host|server) (?:is )?(?:down|not respond|busy|unavailable|not reachable|not available)|wasn't able to establish|unable to connect|cannot connect|can't connect|couldn't connect|could not connect|lookup fail|temporary (?:failure|lookup|dns|error)|try again|bad connection|i\/o error|all hosts|server failure|loop(?:ed|s|ing)?\b|hop count|too many hops)/,
    ],
  },
]
