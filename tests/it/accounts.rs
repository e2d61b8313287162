//! Users, groups, companies: who may do what to whom.

use crate::support::{Client, Paperline};
use serde_json::{Value, json};

fn add_user(admin: &Client, name: &str, permissions: &[u64], company: u64) -> u64 {
    let body = json!({ "user_name": name, "passwd": "secret-1", "permissions": permissions, "company_id": company });
    let answer = admin.post("/api/users", &body);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["user_id"].as_u64().unwrap()
}

fn logged_in(paperline: &Paperline, name: &str) -> Client {
    let client = paperline.client();
    assert_eq!(client.log_in(name, "secret-1").body["reqStatus"], "sucess", "{name}");
    client
}

fn add_company(admin: &Client, name: &str) -> u64 {
    let answer = admin.post("/api/companies", &json!({ "company_name": name }));
    assert_eq!(answer.status, 201);
    answer.body["company_id"].as_u64().unwrap()
}

#[test]
fn a_manager_s_day() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    add_user(&admin, "manager", &[14, 20, 5, 9], 1);
    let manager = logged_in(&paperline, "manager");
    let group = manager.post("/api/groups", &json!({ "group_name": "录入", "permissions": [5] }));
    assert_eq!((group.status, &group.body["group_name"]), (201, &json!("录入")));
    let group_id = group.body["group_id"].as_u64().unwrap();
    assert_eq!(manager.post("/api/groups", &json!({ "group_name": "录入" })).refusal(), (409, "conflict"));
    let clerk_id = add_user(&manager, "clerk", &[9], 1);
    assert_eq!(manager.post("/api/users", &json!({ "user_name": "clerk", "passwd": "long enough" })).refusal(), (409, "conflict"));

    let joined = manager.post("/invoice/addGroupUser", &json!({ "user_id": clerk_id, "group_id": group_id }));
    assert_eq!(joined.body, json!({ "sucess": "修改成功" }));
    let rights = manager.get(&format!("/invoice/getUserPermission?user_id={clerk_id}")).body;
    let group_ref = json!([{ "group_id": group_id, "group_name": "录入" }]);
    assert_eq!(
        rights["permission_list"],
        json!([
            { "permission_id": 5, "permission_name": "invoice-r", "isPrivate": 0, "origin_groups": group_ref },
            { "permission_id": 9, "permission_name": "queue-r", "isPrivate": 1, "origin_groups": [] },
        ])
    );
    let members = manager.post("/invoice/getGroupUsers", &json!({ "group_id": group_id, "company_id": 1 })).body;
    assert_eq!(members["user_list"][0]["user_name"], "clerk");
    let tick = |id: u64, on: u64| json!([{ "permission_id": id, "is_checked": on }]);
    let groups =
        manager.post("/invoice/updateGroupPermission", &json!({ "group_id": group_id, "permission_list": tick(9, 1) })).body;
    assert_eq!(groups["group_list"][0]["permissions"].as_array().unwrap().len(), 2);

    let change = |list: Value| manager.post("/invoice/updateUsersPermission", &json!({ "user_list": list }));
    let ticked = change(json!([{ "user_id": clerk_id, "group_id": 0, "update_permissions": tick(9, 0) }]));
    assert_eq!(ticked.body, json!({ "sucess": "修改成功" }));
    let all_or_none = change(json!([
        { "user_id": clerk_id, "update_permissions": tick(5, 1) },
        { "user_id": clerk_id, "update_permissions": tick(7, 1) },
    ]));
    assert_eq!((all_or_none.refusal(), &all_or_none.body["sucess"]), ((403, "forbidden"), &json!("修改失败")));
    let rights = manager.get(&format!("/invoice/getUserPermission?user_id={clerk_id}")).body;
    assert!(rights["permission_list"].as_array().unwrap().iter().all(|p| p["isPrivate"] == 0), "{rights}");

    let left = manager.form("/invoice/removeGroupUser.action", &format!("user_id={clerk_id}"));
    assert_eq!(left.body, json!({ "sucess": "修改成功" }));
    let nowhere = manager.post("/invoice/removeGroupUser", &json!({ "user_id": clerk_id }));
    assert_eq!((nowhere.status, nowhere.body), (409, json!({ "err": "修改失败", "code": "conflict" })));
    assert_eq!(manager.delete(&format!("/api/groups/{group_id}")).status, 200);
    let users = manager.post("/invoice/getManagerUsers", &json!({})).body;
    let names: Vec<&str> = users.as_array().unwrap().iter().map(|u| u["user_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["admin", "prodsys", "manager", "clerk"]);
}

#[test]
fn a_manager_can_t_reach_above_their_rights_or_into_another_company() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let other = add_company(&admin, "乙公司");
    let stranger = add_user(&admin, "stranger", &[9], other);
    let boss = add_user(&admin, "boss", &[14, 20, 8], 1);
    add_user(&admin, "manager", &[14, 20], 1);
    let strong = admin.post("/api/groups", &json!({ "group_name": "强", "permissions": [8] })).body["group_id"].clone();
    let manager = logged_in(&paperline, "manager");
    let forbidden = |answer: crate::support::Answer| assert_eq!(answer.refusal(), (403, "forbidden"), "{answer:?}");
    let own = manager.get("/me").body["user_id"].clone();

    forbidden(manager.post("/api/users", &json!({ "user_name": "x", "passwd": "long enough", "permissions": [8] })));
    forbidden(manager.post("/api/users", &json!({ "user_name": "x", "passwd": "long enough", "company_id": other })));
    forbidden(manager.post("/api/groups", &json!({ "group_name": "x", "permissions": [103] })));
    forbidden(manager.post("/invoice/addGroupUser", &json!({ "user_id": own, "group_id": strong })));
    forbidden(manager.patch("/api/users/1", &json!({ "locked": true })));
    forbidden(manager.patch(&format!("/api/users/{boss}"), &json!({ "locked": true, "user_name": "nobody" })));
    forbidden(manager.patch(&format!("/api/users/{own}"), &json!({ "permissions": [14, 20, 8] })));
    forbidden(manager.post(&format!("/api/users/{boss}/password"), &json!({ "passwd": "mine, all mine" })));
    forbidden(manager.delete(&format!("/api/users/{boss}")));
    forbidden(manager.patch(&format!("/api/users/{stranger}"), &json!({ "locked": true })));
    forbidden(manager.get(&format!("/invoice/getUserPermission?user_id={stranger}")));
    forbidden(manager.patch(&format!("/api/groups/{}", strong), &json!({ "permissions": [] })));
    forbidden(manager.get("/api/companies"));
    assert_eq!(manager.get(&format!("/invoice/getUserPermission?user_id={}", 999)).refusal(), (404, "not_found"));
    assert!(!manager.get("/api/users").body.to_string().contains("stranger"));
    assert!(admin.get("/api/users").body.to_string().contains("stranger"));
    assert_eq!(logged_in(&paperline, "boss").get("/me").status, 200, "nothing of it had an effect");
}

#[test]
fn the_last_administrator_stays() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    for (method, path, body) in [
        ("PATCH", "/api/users/1", json!({ "locked": true })),
        ("DELETE", "/api/users/1", json!({})),
        (
            "POST",
            "/invoice/updateUsersPermission",
            json!({ "user_list": [{ "user_id": 1, "update_permissions": [{ "permission_id": 103, "is_checked": 0 }] }] }),
        ),
    ] {
        let answer = admin.send(method, path, &[("content-type", "application/json")], body.to_string().as_bytes());
        assert_eq!(answer.refusal(), (409, "conflict"), "{method} {path}");
    }
    add_user(&admin, "second", &[103], 1);
    let second = logged_in(&paperline, "second");
    assert_eq!(second.patch("/api/users/1", &json!({ "locked": true })).status, 200);
    assert_eq!(admin.get("/me").refusal(), (401, "unauthenticated"));
    assert_eq!(second.patch("/api/users/1", &json!({ "locked": false })).status, 200);
}

#[test]
fn a_locked_user_is_out_at_once_and_told_so_after_the_right_password_only() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "clerk", &[9, 101], 1);
    let clerk = logged_in(&paperline, "clerk");
    let mut socket = clerk.socket("/socketNoPrint");
    socket.next().unwrap();
    assert_eq!(admin.patch(&format!("/api/users/{id}"), &json!({ "locked": true })).body["locked"], true);
    assert_eq!(socket.next(), Err(1008));
    assert_eq!(clerk.get("/me").refusal(), (401, "unauthenticated"));
    assert_eq!(clerk.log_in("clerk", "wrong").body, json!({ "reqStatus": "passwdError" }));
    assert_eq!(clerk.log_in("clerk", "secret-1").refusal(), (403, "forbidden"));
}

#[test]
fn a_right_taken_away_silences_the_page_at_once() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "clerk", &[9, 7], 1);
    let mut socket = logged_in(&paperline, "clerk").socket("/invoice/webSocketServer");
    socket.next().unwrap();
    socket.say(&json!({ "code": "001", "console_status": 1 }));
    let upload = || admin.upload("/invoice/recognizeImage", &[("a.png", &crate::support::blank_png(20, 20))]);
    upload();
    assert_eq!(socket.until(201).0["new_recognize"].as_array().unwrap().len(), 1);
    socket.until(1);
    let untick = json!({ "user_list": [{ "user_id": id, "update_permissions": [{ "permission_id": 9, "is_checked": 0 }] }] });
    assert_eq!(admin.post("/invoice/updateUsersPermission", &untick).body["sucess"], "修改成功");
    upload();
    // Gets only the allowed page's messages.
    socket.say(&json!({ "code": "001", "console_status": 1 }));
    let (refused, before) = socket.until(0);
    assert_eq!(refused["code"], "forbidden");
    assert!(before.iter().all(|m| m["msg_id"] == 205), "{before:?}");
}

#[test]
fn a_label_page_without_its_right_is_closed() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "operator", &[101], 1);
    let mut socket = logged_in(&paperline, "operator").socket("/socketNoPrint");
    socket.next().unwrap();
    let untick = json!({ "user_list": [{ "user_id": id, "update_permissions": [{ "permission_id": 101, "is_checked": 0 }] }] });
    assert_eq!(admin.post("/invoice/updateUsersPermission", &untick).status, 200);
    assert_eq!(socket.next(), Err(1008));
}

#[test]
fn passwords_change_and_end_every_session() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "clerk", &[9], 1);
    let (one, two) = (logged_in(&paperline, "clerk"), logged_in(&paperline, "clerk"));
    let path = format!("/api/users/{id}/password");
    assert_eq!(one.post(&path, &json!({ "passwd": "secret-2" })).refusal(), (400, "malformed"));
    assert_eq!(one.post(&path, &json!({ "passwd": "secret-2", "old_passwd": "wrong" })).refusal(), (403, "forbidden"));
    assert_eq!(one.post("/api/users/1/password", &json!({ "passwd": "mine, all mine" })).refusal(), (403, "forbidden"));
    assert_eq!(one.post(&path, &json!({ "passwd": "secret-2", "old_passwd": "secret-1" })).body, json!({ "sucess": "修改成功" }));
    assert_eq!((one.get("/me").status, two.get("/me").status), (401, 401));
    assert_eq!(one.log_in("clerk", "secret-1").body["reqStatus"], "passwdError");
    assert_eq!(one.log_in("clerk", "secret-2").body["reqStatus"], "sucess");
    assert_eq!(admin.post(&path, &json!({ "passwd": "secret-3" })).status, 200);
    assert_eq!(one.get("/me").status, 401);

    let first = paperline.data().join("initial-admin-password");
    let change = json!({ "passwd": "better-than-that", "old_passwd": paperline.admin_password() });
    assert_eq!(admin.post("/api/users/1/password", &change).status, 200);
    assert!(!first.exists(), "the first password is not kept once it is changed");
}

#[test]
fn who_got_a_password_from_somebody_else_is_told_to_choose_their_own_and_is_let_in_all_the_same() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let must = |client: &crate::support::Client| client.get("/me").body["must_change_password"].as_bool().unwrap();
    assert!(!must(&admin) && !must(&paperline.operator()), "a first start asks for it in a way of its own");
    let id = add_user(&admin, "clerk", &[9, 102], 1);
    let clerk = logged_in(&paperline, "clerk");
    assert!(must(&clerk));
    assert_eq!(clerk.get("/invoice/recognizeWait").status, 200, "old clients know nothing of it");
    let path = format!("/api/users/{id}/password");
    let change = |old: &str, new: &str| json!({ "passwd": new, "old_passwd": old, "keep_session": true });
    assert_eq!(clerk.post(&path, &change("secret-1", "secret-2")).status, 200);
    assert!(!must(&clerk));
    assert_eq!(admin.post(&path, &json!({ "passwd": "secret-3" })).status, 200);
    clerk.log_in("clerk", "secret-3");
    assert!(must(&clerk), "reset");
    assert_eq!(clerk.post(&path, &change("secret-3", "secret-4")).status, 200);
    assert_eq!(admin.post("/api/users/1/password", &json!({ "passwd": "my own choice", "keep_session": true })).status, 200);
    assert!(!must(&admin), "one's own is nobody else's");
    let arguments = ["user", "reset", "clerk", "--data-dir"];
    let reset = std::process::Command::new(env!("CARGO_BIN_EXE_paperline")).args(arguments).arg(paperline.data()).output().unwrap();
    let said = String::from_utf8(reset.stdout).unwrap();
    clerk.log_in("clerk", said.trim().rsplit(' ').next().unwrap());
    assert!(must(&clerk), "reset on the command line");
}

#[test]
fn one_s_own_new_password_can_keep_this_session_with_its_sockets_and_ends_all_others() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "operator", &[101], 1);
    let (one, two) = (logged_in(&paperline, "operator"), logged_in(&paperline, "operator"));
    let (mut kept, mut ended) = (one.socket("/socketNoPrint"), two.socket("/socketNoPrint"));
    kept.next().unwrap();
    ended.next().unwrap();
    let change = json!({ "passwd": "secret-2", "old_passwd": "secret-1", "keep_session": true });
    assert_eq!(one.post(&format!("/api/users/{id}/password"), &change).status, 200);
    assert_eq!((one.get("/me").status, two.get("/me").status), (200, 401));
    assert_eq!(ended.next(), Err(1008));
    assert_eq!(admin.post("/registerDevice", &json!({ "CPUID": "C1" })).status, 200);
    assert!(kept.next().is_ok());
    let others = json!({ "passwd": "secret-3", "keep_session": true });
    assert_eq!(admin.post(&format!("/api/users/{id}/password"), &others).status, 200);
    assert_eq!(one.get("/me").status, 401, "whoever resets another's keeps none of theirs");
}

#[test]
fn a_station_s_token() {
    let paperline = Paperline::start();
    let operator = paperline.operator();
    assert_eq!(operator.post("/api/tokens", &json!({ "name": "x", "permissions": [5] })).refusal(), (403, "forbidden"));
    let made = operator.post("/api/tokens", &json!({ "name": "测试台1", "permissions": [102] }));
    assert_eq!((made.status, &made.body["permissions"]), (201, &json!([102])));
    let secret = made.body["token"].as_str().unwrap().to_owned();
    let listed = operator.get("/api/tokens").body;
    assert_eq!(listed["tokens"][0]["name"], "测试台1");
    assert!(!listed.to_string().contains(&secret));
    let station = paperline.client().with_header("authorization", &format!("Bearer {secret}"));
    assert_eq!(station.post("/registerDevice", &json!({ "CPUID": "C1" })).status, 200);
    assert_eq!(station.get("/invoice/recognizeWait").refusal(), (403, "forbidden"));
    let far = station.clone().with_header("x-forwarded-for", "10.0.0.7");
    assert_eq!(far.get("/searchNoPrint").refusal(), (403, "forbidden"), "a token travels over HTTPS only");
    assert_eq!(paperline.client().with_header("authorization", "Bearer nonsense").get("/me").refusal(), (401, "unauthenticated"));
    let cookie = operator.cookie();
    let as_token = format!("Bearer {}", cookie.trim_start_matches("sid="));
    assert_eq!(paperline.client().with_header("authorization", &as_token).get("/me").refusal(), (401, "unauthenticated"));
    assert_eq!(paperline.client().with_header("cookie", &format!("sid={secret}")).get("/me").refusal(), (401, "unauthenticated"));
    assert_eq!(operator.delete(&format!("/api/tokens/{}", made.body["token_id"])).status, 200);
    assert_eq!(station.get("/searchNoPrint").refusal(), (401, "unauthenticated"));
}

#[test]
fn companies_come_and_go() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_company(&admin, "乙公司");
    assert_eq!(admin.post("/api/companies", &json!({ "company_name": "乙公司" })).refusal(), (409, "conflict"));
    assert_eq!(admin.patch(&format!("/api/companies/{id}"), &json!({ "company_name": "丙公司" })).body["company_name"], "丙公司");
    let user = add_user(&admin, "stranger", &[9], id);
    assert_eq!(admin.delete(&format!("/api/companies/{id}")).refusal(), (409, "conflict"));
    assert_eq!(admin.delete(&format!("/api/users/{user}")).status, 200);
    assert_eq!(admin.delete(&format!("/api/companies/{id}")).status, 200);
    assert_eq!(admin.delete(&format!("/api/companies/{id}")).refusal(), (404, "not_found"));
    assert!(add_company(&admin, "丁公司") > id);
}

#[test]
fn settings_are_durable_and_the_command_line_wins() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let changed = admin
        .patch("/api/settings", &json!({ "confidence_threshold": 0.8, "device_sn_pattern": "^X\\d$", "device_sn_format": "X{n}" }));
    assert_eq!(changed.body["confidence_threshold"], 0.8);
    assert_eq!(
        admin.patch("/api/settings", &json!({ "confidence_threshold": 2, "engine_retries": 1 })).refusal(),
        (400, "malformed")
    );
    assert_eq!(admin.patch("/api/settings", &json!({ "colour": 1 })).refusal(), (400, "malformed"));
    assert_eq!(admin.get("/api/settings").body["engine_retries"], 3, "all or none");
    let operator = paperline.operator();
    assert_eq!(operator.post("/registerDevice", &json!({ "CPUID": "C1", "DeviceSN": "X1" })).status, 200);
    assert_eq!(operator.post("/registerDevice", &json!({ "CPUID": "C2", "DeviceSN": "18440001" })).refusal(), (400, "malformed"));
    let password = paperline.admin_password();
    let paperline = Paperline::start_in(paperline.kill(), &["--set", "confidence_threshold=0.7"]);
    let admin = paperline.client();
    admin.log_in("admin", &password);
    let settings = admin.get("/api/settings").body;
    assert_eq!((&settings["confidence_threshold"], &settings["device_sn_pattern"]), (&json!(0.7), &json!("^X\\d$")));
}

#[test]
fn a_user_s_name_group_and_rights_are_saved_at_once_or_not_at_all() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "clerk", &[9, 5], 1);
    let group = admin.post("/api/groups", &json!({ "group_name": "录入", "permissions": [6] })).body["group_id"].clone();
    let saved = admin.patch(&format!("/api/users/{id}"), &json!({ "user_name": "文员", "group_id": group, "permissions": [7] }));
    let rights = saved.body["permissions"].clone();
    let own: Vec<(&Value, &Value)> = rights.as_array().unwrap().iter().map(|p| (&p["permission_id"], &p["isPrivate"])).collect();
    assert_eq!(own, [(&json!(6), &json!(0)), (&json!(7), &json!(1))]);
    let refused = admin.patch(&format!("/api/users/{id}"), &json!({ "user_name": "别名", "permissions": [4] }));
    assert_eq!(refused.refusal(), (400, "malformed"));
    let kept = admin.get("/api/users").body.to_string();
    assert!(kept.contains("文员") && !kept.contains("别名"));
}

#[test]
fn a_name_does_not_look_like_another() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    for name in ["admin\u{200b}", "\u{202e}nimda", "ad\u{ad}min", "\u{feff}admin"] {
        let body = json!({ "user_name": name, "passwd": "long enough", "permissions": [5] });
        let refused = admin.post("/api/users", &body);
        // Trimmed, it exists already.
        assert!([(400, "malformed"), (409, "conflict")].contains(&refused.refusal()), "{name:?}: {refused:?}");
    }
}

#[test]
fn a_new_name_does_not_differ_in_case_alone_and_nobody_gets_a_password_of_blanks() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let li = add_user(&admin, "li", &[9], 1);
    let wang = add_user(&admin, "wang", &[9], 1);
    let add = |name: &str, passwd: &str| admin.post("/api/users", &json!({ "user_name": name, "passwd": passwd }));
    let refused = add("LI", "long enough");
    assert_eq!((refused.refusal(), &refused.body["fields"][0]["name"]), ((409, "conflict"), &json!("user_name")));
    assert!(refused.body["err"].as_str().unwrap().contains("“li”"), "{refused:?}");
    let rename = |id: u64, name: &str| admin.patch(&format!("/api/users/{id}"), &json!({ "user_name": name }));
    assert_eq!(rename(wang, "Li").refusal(), (409, "conflict"));
    assert_eq!(rename(li, "Li").status, 200, "one's own may change its case");
    assert_eq!(logged_in(&paperline, "Li").get("/me").status, 200);

    for blank in ["        ", "\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}"] {
        let refused = add("zhao", blank);
        assert_eq!((refused.refusal(), &refused.body["fields"][0]["name"]), ((400, "malformed"), &json!("passwd")));
        let reset = admin.post(&format!("/api/users/{wang}/password"), &json!({ "passwd": blank }));
        assert!(reset.body["err"].as_str().unwrap().contains("不能全是空格"), "{reset:?}");
    }
    assert_eq!(add("zhao", " a b c d").status, 201, "blanks between are no matter");
}

#[test]
fn nobody_locks_themselves() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let id = add_user(&admin, "manager", &[14], 1);
    add_user(&admin, "second", &[103], 1);
    let manager = logged_in(&paperline, "manager");
    for (who, id) in [(&manager, id), (&admin, 1)] {
        let english = who.clone().with_header("accept-language", "en");
        let lock = |client: &Client| client.patch(&format!("/api/users/{id}"), &json!({ "locked": true, "keep_tokens": true }));
        assert!(lock(who).body["err"].as_str().unwrap().contains("不能锁定自己"));
        assert_eq!(lock(&english).refusal(), (409, "conflict"));
        assert!(lock(&english).body["err"].as_str().unwrap().contains("your own account"));
        assert_eq!(who.get("/me").status, 200);
        assert_eq!(who.patch(&format!("/api/users/{id}"), &json!({ "locked": false })).status, 200);
    }
}

#[test]
fn what_is_wrong_is_said_of_each_field_and_setting_at_once() {
    let paperline = Paperline::start();
    let admin = paperline.admin().with_header("accept-language", "zh-CN");
    let of = |answer: &crate::support::Answer| {
        let fields = answer.body["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().map(|f| (f["name"].as_str().unwrap().to_owned(), f["err"].as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    let wrong = json!({ "confidence_threshold": 2, "device_sn_pattern": "(", "timezone": "Nowhere/At-all", "engine_retries": 1 });
    let refused = admin.patch("/api/settings", &wrong);
    assert_eq!(refused.refusal(), (400, "malformed"));
    let mut told = of(&refused);
    told.sort();
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["confidence_threshold", "device_sn_pattern", "timezone"]);
    assert_eq!(told[1].1, "不是正确的正则表达式", "without the setting's name, which the page knows in words");
    let err = refused.body["err"].as_str().unwrap();
    assert!(names.iter().all(|name| err.contains(&format!("{name}："))), "programs read all of it as before: {err}");
    assert_eq!(admin.get("/api/settings").body["engine_retries"], 3, "all or none");
    let parted = admin.patch("/api/settings", &json!({ "device_sn_pattern": "^\\d{10}$", "timezone": "Nowhere" }));
    let mut names: Vec<String> = of(&parted).into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(names, ["device_sn_format", "timezone"]);

    add_user(&admin, "clerk", &[9], 1);
    let user = |name: &str, passwd: &str| of(&admin.post("/api/users", &json!({ "user_name": name, "passwd": passwd })));
    assert_eq!(user("clerk", "long enough"), [("user_name".to_owned(), "已有同名的用户".to_owned())]);
    assert_eq!(user("ｃｌｅｒｋ", "long enough")[0].0, "user_name");
    assert_eq!(user(" ", "long enough"), [("user_name".to_owned(), "应为 1 到 64 个字符".to_owned())]);
    assert_eq!(user("new", "short")[0].0, "passwd");
    let own = json!({ "passwd": "long enough", "old_passwd": "not it" });
    assert_eq!(of(&admin.post("/api/users/1/password", &own))[0].0, "old_passwd");
}

#[test]
fn an_emergency_lock_does_not_ask_who_holds_more_and_says_why_one_is_out() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let other = add_company(&admin, "乙公司");
    let stranger = add_user(&admin, "stranger", &[9], other);
    let printer = add_user(&admin, "printer", &[102, 6], 1);
    let deputy = add_user(&admin, "deputy", &[103], 1);
    add_user(&admin, "manager", &[14], 1);
    let (manager, hers) = (logged_in(&paperline, "manager"), logged_in(&paperline, "printer"));
    let token = hers.post("/api/tokens", &json!({ "name": "站", "permissions": [102] })).body["token"].as_str().unwrap().to_owned();
    let station = paperline.client().with_header("authorization", &format!("Bearer {token}"));
    let path = format!("/api/users/{printer}");
    let lock = |client: &Client, path: &str, locked: bool| client.patch(path, &json!({ "locked": locked, "keep_tokens": true }));

    assert_eq!(lock(&manager, &path, true).body["locked"], true);
    let out = hers.get("/me");
    assert_eq!((out.refusal(), &out.body["fields"][0]["name"]), ((401, "unauthenticated"), &json!("locked")));
    assert_eq!(hers.try_socket("/socketNoPrint", &[]).err(), Some(401));
    assert_eq!(station.get("/searchNoPrint").refusal(), (401, "unauthenticated"));
    assert_eq!(hers.log_in("printer", "secret-1").refusal(), (403, "forbidden"));
    assert_eq!(lock(&manager, &path, false).body["locked"], false);
    let still = hers.get("/me");
    assert_eq!((still.refusal(), still.body.get("fields")), ((401, "unauthenticated"), None), "what the lock ended stays ended");
    assert_eq!(station.get("/searchNoPrint").status, 200);
    hers.log_in("printer", "secret-1");
    assert_eq!(lock(&manager, &path, false).status, 200);
    assert_eq!(hers.get("/me").status, 200, "whoever is not locked is not unlocked");

    for beyond in [deputy, stranger, 1] {
        assert_eq!(lock(&manager, &format!("/api/users/{beyond}"), true).refusal(), (403, "forbidden"), "{beyond}");
    }
    assert_eq!(manager.delete(&path).refusal(), (403, "forbidden"));
    assert_eq!(hers.patch(&path, &json!({ "locked": false })).refusal(), (403, "forbidden"), "without the right to manage users");
    assert_eq!(lock(&admin, &format!("/api/users/{deputy}"), true).status, 200);
    assert_eq!(lock(&admin, "/api/users/1", true).refusal(), (409, "conflict"), "the last administrator stays");
}

#[test]
fn the_administrator_is_told_how_the_box_is() {
    let paperline = Paperline::start();
    let admin = paperline.admin();
    let health = || admin.get("/api/health").body;
    let first = health();
    let bytes = |name: &str| first["disk"][name].as_u64().unwrap();
    assert!(bytes("free_bytes") > 0 && bytes("free_bytes") <= bytes("total_bytes"), "{first}");
    assert_eq!(first["backup"], json!({ "nightly": false, "last": null, "trouble": null }));
    admin.upload("/invoice/recognizeImage", &[("a.png", &crate::support::blank_png(20, 20))]);
    crate::support::eventually("the engine was asked", || (health()["engine"] == "there").then_some(()));
    let dir = paperline.data().join("kept");
    let set = json!({ "backup_dir": dir.to_str().unwrap(), "backup_time": "00:00" });
    assert_eq!(admin.patch("/api/settings", &set).status, 200);
    assert_eq!(health()["backup"]["nightly"], true);
    assert_eq!(paperline.operator().get("/api/health").refusal(), (403, "forbidden"));
}
