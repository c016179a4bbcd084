"""English, with the words by which Twilio itself stops SMS."""

from contracts.events.reply import Intent
from services.notify.decisions.phrases.language import Language, Phrase, pattern, words_of

DOING = "(?:call|text|messag|contact|email|e mail|writ|bother|send|spamm?|harass|whatsapp|ping)"
MESSAGES = "(?:messages?|texts?|calls?|emails?|sms|spam|anything)"
NOT = "(?:don t|dont|do not|never|pls don t|no longer)"
MEETING = "(?:meeting|appointment|call|booking|session|slot|time)"
# how a business tells how to stop its own messages, which asks us for nothing
INSTRUCTION = (
    "(?:(?:if you (?:no longer|don t|do not)|to (?:stop|unsubscribe|opt out"
    "|cancel))(?: \\w+){0,6} )?"
    "(?<!not )(?<!t )(?<!me )(?:reply|text|send|respond|type)(?: with)?(?: the word)?"
    " (?:stop|unsubscribe)\\b"
    "(?: to (?:stop|unsubscribe|opt out|cancel|end)(?: \\w+){0,5})?"
)

ENGLISH = Language(
    short={
        "u": "you",
        "ur": "your",
        "txt": "text",
        "txts": "texts",
        "msg": "message",
        "msgs": "messages",
        "stahp": "stop",
        "txting": "texting",
        "txtin": "texting",
    },
    key_words=words_of("""
        unsubscribe, remove, messaging, messages, message, contact, contacting
    """),
    joined={},
    # https://help.twilio.com/articles/223134027
    stop=words_of("""
        stop, stopall, stop all, unsubscribe, revoke, optout, opt out, opt me out, remove me, remove
        stop it, stop this, stop now, no more, leave me alone, unsub, stop texting, stop calling
        stop messaging, delete me, dnd, do not disturb, no calls, no texts, no messages, no spam
        enough, unsubscribe me, stop message, stop sms, stop texts, stop calls, cease, no calling
        quit it
        no texting
    """),
    misspelt=words_of("stop, unsubscribe, unsubscribed"),
    ordinary=words_of(
        "step, shop, atop, stoop, slop, swop, top, tops, spot, sto, stomp, strop, estop, sop, stow"
        ", contract, contracting, kitten, shaken, vase, remember"
    ),
    ends=words_of("cancel, end, quit, cancel it, cancel this, cancel that, cancel everything"),
    refusals=words_of("nope"),
    doubtful=words_of("stop, unsubscribe"),
    start=words_of("start, unstop, resubscribe, subscribe, opt in, optin, opt me in, subscribe me"),
    thanks=words_of("""
        thanks, thank you, thanks for your message, thanks for the info
        thank you for your message, thank you so much, many thanks, thx, ty, great, perfect, sure
        cool
        got it, sounds good, alright, yes, noted, awesome, okay thanks
    """),
    around_hours=words_of("""
        is fine, is good, works, works for me, better, can, maybe, about, sounds good, great
        perfect
        sure, how about, for me, would be, best, on
    """),
    fillers=words_of("""
        hi, hello, hey, please, pls, plz, thanks, thank, you, thx, ok, okay, yes, just, now, kindly
        i, want, to, would, like, the
    """),
    forbids=pattern(rf"""
        (?:{NOT}(?: ever| please)? {DOING}(?:e|ing|s)?
        |(?:stop|quit|cease) (?:{DOING}(?:e|ing)|sending|with|me\b
        |(?:the|these|your|all|those)(?: \w+){{0,2}} {MESSAGES})
        |(?:stop|quit) (?:receiving|getting)|^(?:no|zero) {MESSAGES}(?: please| ever| any ?more|$)
        |enough (?:with|of) (?:the|these|your)|no (?:further|more) (?:contact|communication)
        |nor {DOING}|(?:cease|end) (?:all|the|these|your|any|this) (?:contact|communications?
        |{MESSAGES})
        |(?:rather|prefer|wish)(?: you)? not (?:to )?(?:be (?:called|contacted|texted)|receive|get
        |{DOING}e?)|no need to {DOING}e?|(?:please )?stop$|cease and desist
        |(?:stop(?: it| this| now)?)(?: stop(?: it| this| now)?)+
        |no more {MESSAGES}|(?:no|without) (?:calls?|texts?) (?:please|ever)
        |(?:don t|dont|do not|no longer) (?:want|wish) (?:{MESSAGES}|to (?:receive|get|hear
        |be contacted)|(?:any|more|your|these
        |any more) {MESSAGES}
        |you to {DOING}e?))
    """),
    limits=pattern(r"""
        (?:right now|now|today|tonight|tomorrow|yet|later|at work|before \w+|after \w+|until \w+
        |between \d+|during|mornings?|afternoons?|evenings?|weekends?|mondays?|tuesdays?|wednesdays?
        |thursdays?|fridays?|saturdays?|sundays?|this week|next week|instead|rather|prefer(?! not)
        |(?:just|please|only)? ?(?:email|text|whatsapp|message|call|write) me
        |so (?:early|late|often)|while|i m (?:in|at|driving|working|busy)|a robot|my (?:wife
        |husband|boss)
        |at (?:home|this)|the (?:quote|link|contract))
    """),
    for_good=pattern(r"(?:ever|never|again|any ?more|permanently|at all|anymore)"),
    stays=pattern(r"""
        (?:(?<!did )(?<!have )(?<!has )(?<!you )(?<!was )(?:don t|dont|do not|never|not)
        (?: (?:please|want to|want you to|wish to|ask to))?
         (?:remove|be removed|delete|unsubscribe|take me off|drop me|opt me out|opt out|get me off)
        (?: me)?(?: (?:from|off)?(?: \w+)? ?list)?)
    """),
    excuses=pattern(rf"""
        (?:{INSTRUCTION}|stop by|bus stop|(?:don t|can t|won t|never|not) stop(?!ped)
        |stop(?:ping)? (?:in|over)
        |not (?:the )?wrong|unsubscribe (?:customers|users|clients|people))
    """),
    unbooks=pattern(r"""
        (?:remove|delete|erase|drop|take)(?: me)?(?: (?:from|off|out of))?
         (?:the|my|our|this|that|tomorrow s) (?:meeting|appointment|booking|session|calendar|invite)
    """),
    drops=pattern(rf"""
        (?:(?:(?:remove|delete|erase|drop|take|unsubscribe|opt)(?: me)?|(?:don t|dont|do not
        |no longer)
         (?:want|need))(?: (?!number|data|list|email|texts?|messages?|contact)\w+){{0,4}}
         (?:{MEETING}|calendar|schedule|invite)|want out of|(?:don t|do not) want (?:to (?:go|attend
        |come|join)
        |it))
    """),
    about_meeting=pattern(r"""
        (?:move|change|late|another (?:day|time)|can t|cannot|won t)
    """),
    negates=pattern(r"""
        (?:(?:don t|dont|do not|did ?n t|no|not|never|no longer|can ?not|can t|won t|without|nor)
        (?: (?:want|need|like|wish|please))?(?: (?:to|you to|a|the|any))?)$
    """),
    hesitates=pattern(r"""
        (?:but (?:\w+ ){0,3}(?:interested|want|can|would|will|yes|like)
        |i d like(?! to no\b)|(?<!not )(?<!don t )i want (?:to|the|a)(?! no\b)|see you|instead|(?:in
        |for) that (?:time|one)
        |want to (?:book|schedule|meet))
    """),
    phrases=(
        Phrase(
            Intent.AUTOMATIC,
            "Out of office: I will reply on Monday",
            pattern(r"""
                (?:out of (?:the )?office|auto(?:matic)? ?(?:reply|response|responder)
                |auto generated|our (?:business |office )?hours are|this is an automated
                |sent automatically|automated (?:message|reply|response)
                |this (?:number|line|mailbox|inbox)(?: \w+){0,3} (?:does not|doesn t|cannot|can t
                |is not
                |isn t) (?:receive|accept|monitored|take|being)
                |(?:do not|don t|please do not) reply to this
                |(?:thanks|thank you) for (?:contacting|reaching out to|calling
                |messaging) (?!me\b)\w+
                |(?:reply|press|text|type) \d (?:for|to)|please (?:choose|select)|(?:i am
                |i m) (?:currently )?(?:away|out|on (?:vacation|leave
                |holiday))
                (?: \w+){0,3} (?:until|and will|with limited|from|returning))
            """),
        ),
        Phrase(
            Intent.STOP,
            "Take me off your list",
            pattern(r"""
                (?:(?:take|get) (?:me|us|my number|my name|my email) (?:off|out)
                |(?:remove|delete|erase) (?:me|us|my (?:(?:personal )?(?:data|info|information)
                |number|name|email
                |details|contact)|this number)
                |unsubscri\w*|un subscribe|opt(?:ing|ed)? (?:me )?out|leave (?:me|us) alone
                |lose my number
                |right to (?:be forgotten|erasure|object)|i object to|(?:erasure|deletion) of my
                |(?:delete|erase) all my (?:personal )?(?:data|info)
                |want (?:out|off)(?: of)? (?:this|the|your) (?:list|group)
                |(?:report|block|sue) you|reporting (?:you|this)|do not call (?:list|registry)|dnc
                |(?:this is|it s) spam|harass\w*|gdpr|(?:revoke|withdraw) (?:my )?consent
                |(?:delete|erase) (?:all )?(?:of )?(?:the |any )?data you
                |do not sell (?:or share )?my
                |go away|f\w* off
                |not interested (?:and )?(?:stop|don t|do not|remove))
            """),
        ),
        Phrase(
            Intent.WRONG_NUMBER,
            "You have the wrong number",
            pattern(r"""
                (?:wrong (?:number|person|guy|phone)|no ?(?:one|body)(?: here)?(?: by| with
                | called)? (?:that|this)? ?name
                |(?<!why )not (?:the|that) person
                |^(?:(?:that|it|this) (?:s|is) )?not me$|^wrong$|^no \w+ here$
                |(?:is ?n t|is not|not) my (?:name|number|phone|email)$|no longer (?:his|her
                |their) (?:number|phone)
                |(?:passed away|deceased|has died|he died|she died)|never heard of
                |you have the wrong|got the wrong|this is ?n t me|confus(?:ed|ing) me with
                |this is ?n t (?:his|her|their)|don t know (?:who|anyone
                |any)
                |(?:never|didn t) (?:sign|signed) up|i didn t (?:ask|request|fill)|mistaken number)
            """),
        ),
        Phrase(
            Intent.MEETING_CHANGE,
            "I need to reschedule",
            pattern(rf"""
                (?:re ?schedul\w*|postpone\w*
                |(?:cancel|move|change|push|shift)\w* (?:\w+ ){{0,3}}{MEETING}
                |(?:can t|cannot|can not|won t|unable to)(?: be able to)? (?:make it|attend|join
                |come))
            """),
        ),
        Phrase(
            Intent.NO_INTEREST,
            "Not interested, thanks",
            pattern(r"""
                (?:(?:not|no longer|n t) (?:really |longer )?interested|no(?:,)? (?:thanks
                |thank you|thx)
                |already (?:bought|hired|found|have (?:one|someone|a \w+)|got (?:one|it)|signed
                |booked with|chose|went)
                |(?:no longer|don t|dont|do not) need(?: (?:it|this|that|your|any\w*|help)|$)
                |i ll pass|i m good(?: thanks| thank you|$)|changed my mind
                |went with (?:another|someone)
                |lost interest)
            """),
        ),
        Phrase(
            Intent.WISH,
            "I'd rather have an email",
            pattern(r"""
                (?:(?:prefer|rather|better|only) (?:\w+ ){0,4}(?:email|text|whatsapp|message|call
                |mornings?|afternoons?|evenings?)
                |(?:email|text|whatsapp|message|write) (?:me )?(?:instead|please|only|is better
                |works better))
            """),
        ),
        Phrase(
            Intent.WANTS_CALL,
            "Can you call me tomorrow at 3pm?",
            pattern(r"""
                (?:call (?:me|back|us)|give (?:me|us) a (?:call|ring)|(?:can|could|would) (?:you
                |someone) call
                |(?:want|like|need) a call|speak (?:to|with) (?:a|an|someone)|talk to (?:a|an
                |someone))
            """),
        ),
        Phrase(
            Intent.WANTS_LINK,
            "send me the link please",
            pattern(r"""
                (?:(?:send|share|need|want|where is|where s|what s|have|resend)(?: \w+){0,4} link
                |^(?:the )?link(?: please)?$
                |(?:want|like|how|can i|could i)(?: \w+){0,2} (?:book|schedule)|book (?:a|an) \w+)
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "I'm busy right now",
            pattern(r"""
                (?:not (?:now|right now|today|yet|at the moment|this week)|(?:i m|im|am
                |i am) (?:\w+ )?(?:busy|driving|working
                |in a meeting|at work|travell?ing|on vacation|away)|(?:maybe|perhaps) (?:later|next
                |tomorrow)
                |(?:i ll|ill|will) (?:call|write|text|get back|let you know|check|think)|^later
                |another time
                |next (?:week|month|year)|can t (?:talk|answer))
            """),
        ),
        Phrase(
            Intent.QUESTION,
            "How much is it?",
            pattern(r"""
                ^(?:(?:hi|hello|hey|and|so|but) )*(?:how|what|who|when|where|why|which|is|are|do
                |does|can)
                |prices?|pricing|cost|more info|quote
            """),
        ),
    ),
    business=(
        pattern(INSTRUCTION),
        pattern(r"how (?:can|may) we (?:help|assist)|how we can (?:help|assist)"),
        pattern(
            r"(?:thank you|thanks) for (?:contacting|your (?:message|email|interest)|reaching"
            r"|messaging|writing|calling)"
        ),
        pattern(
            r"(?:we are|we re) (?:currently |not )?(?:away|closed|unavailable|available|busy|not)"
        ),
        pattern(
            r"(?:we ll|we will|someone will|our team will) (?:get back|respond|reply"
            r"|be (?:in touch|with you)|contact)"
        ),
        pattern(r"as soon as (?:possible|we can)|(?:business|office) hours|shortly|welcome to"),
    ),
)
